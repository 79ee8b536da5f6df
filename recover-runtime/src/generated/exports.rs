//! What generated code says of exports: bodies, fields, errors.

/// The flag of a class that the host has patched.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_adopted {
    () => {
        fn adopted() -> &'static ::std::thread::LocalKey<::core::cell::Cell<bool>> {
            ::std::thread_local! {
                static ADOPTED: ::core::cell::Cell<bool> = const { ::core::cell::Cell::new(false) };
            }
            &ADOPTED
        }
    };
}

/// The body of an export. A macro, because wasm-bindgen parses the function that it
/// stands in, and does not parse what is in a macro call.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_export {
    ($path:literal, $args:expr, $body:expr) => {
        $crate::__private::call(
            ::core::concat!(::core::module_path!(), "::", $path),
            || $args,
            $body,
        )
    };
}

/// The future of an asynchronous export.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_export_async {
    ($path:literal, $signal:expr, $args:expr, $body:expr) => {
        $crate::__private::futures::run(
            ::core::concat!(::core::module_path!(), "::", $path),
            $signal,
            $args,
            $body,
        )
        .await
    };
}

/// The body of an export that runs on a stack of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_on_own_stack {
    ($path:literal, $body:expr) => {
        $crate::__private::fiber::on_own_stack(
            ::core::concat!(::core::module_path!(), "::", $path),
            move || $body,
        )
        .await
    };
}

/// The getter of a public field.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_get {
    ($path:literal, $this:expr, $user:ty, $read:ident::<$value:ty>, $member:tt) => {
        $crate::__private::export!(
            $path,
            (
                $crate::__private::SharedReceiver::enter(
                    $this.0.object(),
                    <$user as $crate::__private::Recoverable>::SHARED,
                ),
                ()
            ),
            |args| ::core::result::Result::Ok($crate::__private::object::$read::<$value>(
                &args.0.get()?.$member
            ))
        )
    };
}

/// The setter of a public field.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_set {
    ($path:literal, $this:expr, $user:ty, $member:tt, $value:expr) => {
        $crate::__private::export!(
            $path,
            (
                $crate::__private::ExclusiveReceiver::enter(
                    $this.0.object(),
                    <$user as $crate::__private::Recoverable>::EXCLUSIVE,
                ),
                ($value, ())
            ),
            |args| {
                let this = args.0.get()?;
                $crate::__private::object::assign(&mut this.$member, args.1.0.take()?);
                ::core::result::Result::Ok(())
            }
        )
    };
}

/// The user's type, if it is what is asked of it; see [`Checked`](crate::__private::Checked).
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_checked {
    ($asked:ident $(<$mutable:literal>)?, $ty:ty) => {
        $crate::__private::Checked<$ty, { <$ty as $crate::__private::$asked $(<$mutable>)?>::IS }>
    };
}

/// The carrier of a `&$ty` argument.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_borrowed {
    ($ty:ty) => {
        $crate::__private::Borrowed<$ty, {
            <$ty as $crate::__private::BorrowedBy<{
                #[allow(unused_imports)]
                use $crate::__private::LendingBriefly as _;
                $crate::__private::Lending::<$ty>::LONG
            }>>::IS
        }>
    };
}

/// The value of an export of a user's function that returns a `$ty`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_returned {
    (at_once $ty:ty) => {
        $crate::__recover_checked!(
            IsReturned,
            $crate::__recover_returned!(@$ty, { $crate::__recover_asked!($ty: WIDE) })
        )
    };
    (promise $ty:ty) => {
        $crate::__recover_checked!(IsReturned, $crate::__recover_returned!(@$ty, false))
    };
    (@$ty:ty, $wide:tt) => {
        $crate::__private::Returned<$ty, { $crate::__recover_asked!($ty: IS_RESULT) }, $wide>
    };
}

/// What a return type answers.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_asked {
    ($ty:ty: $what:ident) => {{
        #[allow(unused_imports)]
        use $crate::__private::ValueType as _;
        $crate::__private::ReturnType::<$ty>::$what
    }};
}

/// How the user's function ended, whether it returned a value or a `Result`. `$value` is the type of
/// the value, or an error of the user's.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_ended {
    ($called:expr, $how:ident $value:ty) => {
        match $crate::__private::Ended($called).result() {
            ::core::result::Result::Ok(value) => {
                ::core::result::Result::Ok($crate::__recover_ended!(@$how value, $value))
            }
            ::core::result::Result::Err(error) => {
                ::core::result::Result::Err($crate::__recover_thrown!(error))
            }
        }
    };
    (@at_once $value:ident, $ty:ty) => {
        $crate::__private::Fits::<$ty>::fitted($value)
    };
    (@promise $value:ident, $ty:ty) => {{
        let value: $ty = $value;
        $crate::__private::Value(value).promised()
    }};
}

/// The failure for a user's `Err`, whichever way its type becomes a JavaScript value.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_thrown {
    ($error:expr) => {{
        use $crate::__private::errors::levels::*;
        $crate::__private::Failure::thrown(
            (&&&&&&&$crate::__private::errors::Probe::new($error)).thrown(),
        )
    }};
}

/// Fails the build of a component that is built as a package for JavaScript: nothing of it would be exported.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_no_component {
    () => {
        ::core::compile_error!(
            "this is a component, and no package for JavaScript; build it for `wasm32-wasip2`, by `cargo recover build --target component`"
        );
    };
}
