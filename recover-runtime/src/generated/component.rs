//! The face to the macros for components: what expansions name, and the macros that keep them short. No stability is
//! promised for anything here.

pub use crate::base::thrown::Thrown;
pub use crate::base::types;
pub use crate::component::generated::*;
pub use crate::component::raised::levels as errors;
pub use crate::component::raised::{ErrorClass, Raised};
pub use crate::component::resource::Resource;
pub use crate::{
    __recover_component_argument as argument, __recover_component_asked as asked,
    __recover_component_call as call, __recover_component_checked as checked,
    __recover_component_clear_poison as clear_poison, __recover_component_construct as construct,
    __recover_component_ended as ended, __recover_component_exported as exported,
    __recover_component_journal as journal, __recover_component_journals as journals,
    __recover_component_lent as lent, __recover_component_lent_argument as lent_argument,
    __recover_component_restore as restore, __recover_component_returned as returned,
    __recover_component_save as save, __recover_component_wire as wire,
};

/// The user's type, if its struct is a resource; see [`Checked`](crate::__private::Checked).
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_checked {
    ($ty:ty) => {
        $crate::__private::Checked<$ty, { <$ty as $crate::__private::component::Component>::IS }>
    };
}

/// The types that wit-bindgen made for the handles of a class.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_exported {
    ($user:ty, $own:path, $borrowed:path) => {
        const _: () = {
            use $borrowed as __RecoverBorrowed;
            use $own as __RecoverOwn;
            impl $crate::__private::component::Exported for $user {
                type Own = __RecoverOwn;
                type Borrowed<'a> = __RecoverBorrowed<'a>;
                fn own(resource: $crate::__private::component::Resource<Self>) -> Self::Own {
                    __RecoverOwn::new(resource)
                }
                fn given_up(own: Self::Own) -> $crate::__private::component::Resource<Self> {
                    own.into_inner()
                }
                fn lent<'a>(
                    borrowed: &'a Self::Borrowed<'_>,
                ) -> &'a $crate::__private::component::Resource<Self> {
                    borrowed.get()
                }
            }
        };
    };
}

/// The body of an export.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_call {
    ($path:literal, $args:expr, $body:expr) => {
        $crate::__private::component::call(
            ::core::concat!(::core::module_path!(), "::", $path),
            || $args,
            $body,
        )
    };
}

/// The body of a constructor that can't fail in the WIT.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_construct {
    ($path:literal, $args:expr, $body:expr) => {
        $crate::__private::component::construct(
            ::core::concat!(::core::module_path!(), "::", $path),
            || $args,
            $body,
        )
    };
}

/// The body of `save`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_save {
    ($path:literal, $this:expr) => {
        $crate::__private::component::save(
            ::core::concat!(::core::module_path!(), "::", $path),
            $this,
        )
    };
}

/// The body of `clear_poison`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_clear_poison {
    ($path:literal, $this:expr) => {
        $crate::__private::component::clear_poison(
            ::core::concat!(::core::module_path!(), "::", $path),
            $this,
        )
    };
}

/// The body of `restore`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_restore {
    ($path:literal, $user:ty, $bytes:expr) => {
        $crate::__private::component::restore::<$user>(
            ::core::concat!(::core::module_path!(), "::", $path),
            $bytes,
        )
    };
}

/// Whether a concrete type is a resource.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_asked {
    ($ty:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::component::NotExported as _;
        $crate::__private::component::Asked::<$ty>::IS_RESOURCE
    }};
}

/// What wit-bindgen passes for an owned `$ty`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_wire {
    ($ty:ty) => {
        <$ty as $crate::__private::component::Argument<
            { $crate::__recover_component_asked!($ty) },
        >>::Wire
    };
}

/// The carrier of an owned argument.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_argument {
    ($ty:ty, $wire:expr) => {
        <$ty as $crate::__private::component::Argument<
            { $crate::__recover_component_asked!($ty) },
        >>::carry($wire)
    };
}

/// What wit-bindgen passes for a `&$ty`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_lent {
    ($ty:ty) => {
        <$ty as $crate::__private::component::LentArgument<{ $crate::__recover_component_asked!($ty) }>>::Wire<'_>
    };
}

/// The carrier of a `&$ty` argument.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_lent_argument {
    ($ty:ty, $wire:expr) => {
        <$ty as $crate::__private::component::LentArgument<
            { $crate::__recover_component_asked!($ty) },
        >>::carry(&$wire)
    };
}

/// What wit-bindgen wants of a function of the user's that returns a `$ty`, a value or a `Result`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_returned {
    ($ty:ty) => {
        $crate::__recover_component_wire!(
            $crate::__private::Returned<$ty, {
                #[allow(unused_imports)]
                use $crate::__private::ValueType as _;
                $crate::__private::ReturnType::<$ty>::IS_RESULT
            }, false>
        )
    };
}

/// How the user's function ended: `$ty` is what it returns. For a constructor, `$ty as value`: the value of the class.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_ended {
    ($called:expr, $user:ident as value) => {
        $crate::__recover_component_ended!(@into_kept_failure $called, value => value)
    };
    ($called:expr, $ty:ty) => {
        $crate::__recover_component_ended!(@into_failure $called, value => {
            type Value = $crate::__private::Returned<$ty, {
                #[allow(unused_imports)]
                use $crate::__private::ValueType as _;
                $crate::__private::ReturnType::<$ty>::IS_RESULT
            }, false>;
            <Value as $crate::__private::component::Argument<{
                $crate::__recover_component_asked!(Value)
            }>>::into_wire(value)
        })
    };
    (@$into:ident $called:expr, $value:ident => $given:expr) => {
        match {
            #[allow(unused_imports)]
            use $crate::__private::traits::*;
            $crate::__private::Ended($called).result()
        } {
            ::core::result::Result::Ok($value) => ::core::result::Result::Ok($given),
            ::core::result::Result::Err(error) => {
                #[allow(unused_imports)]
                use $crate::__private::component::errors::*;
                ::core::result::Result::Err((&&&&&&Probe(&error)).raised().$into())
            }
        }
    };
}

/// Notes a call for the journal before it begins, in a class that has one.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_journal {
    ($user:ty, $args:ident, $target:expr, $path:literal, $([$kind:ident $name:ident: $ty:ty])*) => {
        #[allow(unused_imports)]
        use $crate::__private::persist::NoCodec as _;
        #[allow(unused_imports)]
        use $crate::__private::traits::*;
        if const { $crate::__private::component::journals::<$user>() } {
            $crate::__recover_journal_entry!($user, $args, $target, $path, $([$kind $name: $ty])*);
        }
    };
}

#[cfg(not(feature = "persist"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_journal {
    ($($call:tt)*) => {};
}

/// Fails the build where an argument can't be in the journal of its class.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_journals {
    ($user:ty, $kind:ident $ty:ty, $name:literal, $path:literal) => {
        const _: () = {
            #[allow(unused_imports)]
            use $crate::__private::persist::NoCodec as _;
            ::core::assert!(
                $crate::__private::component::journal_accepts::<$user>(
                    $crate::__private::codec!(journals $kind $ty)
                ),
                ::core::concat!(
                    "the argument `", $name, "` of `", $path, "` can't be in a journal; give its \
                     type `Serialize` and `Deserialize`, or put #[recoverable(no_journal)] on the \
                     method, which then costs a snapshot, or write `persist = \"snapshot\"` on the \
                     struct"
                )
            );
        };
    };
}

#[cfg(not(feature = "persist"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_journals {
    ($($argument:tt)*) => {};
}
