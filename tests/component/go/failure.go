package export_recover_link_checker

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	witTypes "go.bytecodealliance.org/pkg/wit/types"
	"wit_component/recover_error_types"
)

// This file is what a package for Go would have: an error as a failure, and a failure of an import as an error.

// Failed is a failure that an import returned.
type Failed struct{ Failure }

func (f *Failed) Error() string { return f.Class + ": " + f.Message }

var kinds = []string{"panic", "out-of-memory", "stack-overflow", "busy", "poisoned", "stale", "aborted", "restart-limit", "timeout", "domain"}

const most = 8

// guarded calls body. A panic is a failure of the kind panic, an error one of the kind domain.
func guarded[T any](body func() (T, error)) (result witTypes.Result[T, Failure]) {
	defer func() {
		if reason := recover(); reason != nil {
			failure := Failure{Kind: recover_error_types.Kind_Panic, Class: "PanicError", Code: "E_PANIC", Message: fmt.Sprint(reason), Language: "go"}
			failure.Frames = frames(4)
			if len(failure.Frames) > 0 {
				failure.Location = failure.Frames[0].Location
			}
			result = witTypes.Err[T, Failure](failure)
		}
	}()
	value, err := body()
	if err == nil {
		return witTypes.Ok[T, Failure](value)
	}
	var failed *Failed
	if direct, ok := err.(*Failed); ok {
		failed = direct
		failed.Fatal = false
		return witTypes.Err[T, Failure](failed.Failure)
	}
	cause := told(err)
	failure := Failure{Kind: cause.Kind, Class: cause.Class, Code: cause.Code, Message: cause.Message, Language: "go", Fields: cause.Fields, Frames: cause.Frames}
	for behind := errors.Unwrap(err); behind != nil && len(failure.Causes) < most; behind = errors.Unwrap(behind) {
		if direct, ok := behind.(*Failed); ok {
			f := direct.Failure
			failure.Causes = append(failure.Causes, recover_error_types.Cause{Kind: f.Kind, Class: f.Class, Code: f.Code, Message: f.Message, Language: f.Language, Location: f.Location, Fields: f.Fields, Frames: f.Frames})
			failure.Causes = append(failure.Causes, f.Causes...)
			break
		}
		failure.Causes = append(failure.Causes, told(behind))
	}
	if len(failure.Causes) > most {
		failure.Causes = failure.Causes[:most]
	}
	return witTypes.Err[T, Failure](failure)
}

// told is an error without those behind it. An error of Go's has no trace.
func told(err error) recover_error_types.Cause {
	value := reflect.Indirect(reflect.ValueOf(err))
	cause := recover_error_types.Cause{Kind: recover_error_types.Kind_Domain, Class: value.Type().Name(), Message: err.Error(), Language: "go"}
	cause.Code = code(cause.Class)
	if value.Kind() != reflect.Struct {
		return cause
	}
	for index := 0; index < value.NumField(); index++ {
		field := value.Type().Field(index)
		if !field.IsExported() {
			continue
		}
		name := strings.ToLower(field.Name)
		switch held := value.Field(index).Interface().(type) {
		case string:
			cause.Fields = append(cause.Fields, recover_error_types.Field{Name: name, Value: recover_error_types.MakeValueText(held)})
		case int64:
			cause.Fields = append(cause.Fields, recover_error_types.Field{Name: name, Value: recover_error_types.MakeValueSigned(held)})
		}
	}
	return cause
}

func code(class string) string {
	made := "E"
	for index, letter := range strings.TrimSuffix(class, "Error") {
		if index == 0 || letter >= 'A' && letter <= 'Z' {
			made += "_"
		}
		made += strings.ToUpper(string(letter))
	}
	return made
}

func frames(skip int) []recover_error_types.Frame {
	counters := make([]uintptr, 64)
	all := runtime.CallersFrames(counters[:runtime.Callers(skip, counters)])
	var told []recover_error_types.Frame
	for {
		frame, more := all.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			told = append(told, recover_error_types.Frame{
				Function: witTypes.Some(frame.Function),
				Location: witTypes.Some(recover_error_types.Location{File: frame.File, Line: uint32(frame.Line)}),
			})
		}
		if !more {
			return told
		}
	}
}
