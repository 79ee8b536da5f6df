// Package export_recover_link_checker is a component of a chain in Go. What it does is in wit/link.wit. How an error of
// Go's becomes a failure is in failure.go. The rest of the module is made by wit-bindgen.
package export_recover_link_checker

import (
	"encoding/json"
	"strconv"
	"strings"

	witTypes "go.bytecodealliance.org/pkg/wit/types"
	"wit_component/recover_error_types"
	next "wit_component/recover_link_checker"
)

// Failure is the error of each result.
type Failure = recover_error_types.Failure

// LinkError is what a link fails by.
type LinkError struct {
	Text  string
	Depth int64
	Cause error
}

func (e *LinkError) Error() string { return "the link in Go can't " + e.Text }
func (e *LinkError) Unwrap() error { return e.Cause }

// NoWordError is a word that is none.
type NoWordError struct{ Word string }

func (e *NoWordError) Error() string { return "no word " + e.Word }

// Check does what text says.
func Check(text string) witTypes.Result[uint32, Failure] {
	return guarded(func() (uint32, error) { return check(text) })
}

// Tell asks the next one, and tells what it caught.
func Tell(text string) witTypes.Result[string, Failure] {
	return guarded(func() (string, error) {
		number, err := ask(text)
		failed, ok := err.(*Failed)
		if !ok {
			return strconv.Itoa(int(number)), err
		}
		fields := map[string]any{}
		for _, field := range failed.Fields {
			if field.Value.Tag() == recover_error_types.Value_Text {
				fields[field.Name] = field.Value.Text()
			} else if field.Value.Tag() == recover_error_types.Value_Signed {
				fields[field.Name] = field.Value.Signed()
			}
		}
		causes := []any{}
		for _, cause := range failed.Causes {
			causes = append(causes, map[string]any{"class": cause.Class})
		}
		told := map[string]any{
			"class": failed.Class, "kind": kinds[failed.Kind], "message": failed.Message, "language": failed.Language,
			"fields": fields, "causes": causes, "location": nil,
		}
		if failed.Location.IsSome() {
			at := failed.Location.Some()
			told["location"] = []any{at.File, at.Line, at.Column}
		}
		shown, err := json.Marshal(told)
		return string(shown), err
	})
}

func check(text string) (uint32, error) {
	if number, err := strconv.ParseUint(text, 10, 32); err == nil {
		return uint32(number), nil
	}
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "own":
		_, err := strconv.Atoi("digits")
		return 0, &LinkError{Text: text, Depth: -1, Cause: err}
	case "panic":
		return uint32([]int{1, 2, 3}[len(text)]), nil
	case "add":
		number, err := ask(rest)
		return number + 1, err
	case "wrap":
		number, err := ask(rest)
		if failed, ok := err.(*Failed); ok {
			return 0, &LinkError{Text: text, Depth: int64(len(failed.Causes)), Cause: err}
		}
		return number + 1, err
	case "catch":
		number, err := ask(rest)
		if failed, ok := err.(*Failed); ok && (failed.Class == "LinkError" || failed.Class == "PanicError") {
			return uint32(1 + len(failed.Causes)), nil
		}
		return number + 1, err
	}
	return 0, &NoWordError{Word: word}
}

func ask(text string) (uint32, error) {
	got := next.Check(text)
	if got.IsErr() {
		return 0, &Failed{got.Err()}
	}
	return got.Ok(), nil
}
