//! What generated code says of objects that persist. Without the feature `persist` a call costs
//! nothing, nor does compiling it.

/// The persistence of a class that names one.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_persisted {
    ($journaled:literal, $every:literal, $version:literal) => {
        $crate::__private::persist::Persisted<$journaled, $every, $version>
    };
}

#[cfg(not(feature = "persist"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_persisted {
    ($journaled:literal, $every:literal, $version:literal) => {
        $crate::__private::Transient
    };
}

/// What the state of a class that persists is encoded by; fails the build where it can't be.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_persists {
    ($user:ty $(, $parent:ty)? $(; $($from:literal $migration:path),+)?) => {
        const _: () = $crate::__private::persist::persists::<$user>();
        impl $crate::__private::persist::State for $user {
            fn encode(&self, bytes: &mut $crate::__private::Vec<u8>) {
                #[allow(unused_imports)]
                use $crate::__private::persist::NoCodec as _;
                $crate::__private::persist::Codec::<$user>::encode(self, bytes);
            }
            fn decode(bytes: &[u8]) -> ::core::option::Option<Self> {
                #[allow(unused_imports)]
                use $crate::__private::persist::NoCodec as _;
                $crate::__private::persist::decoded(
                    bytes,
                    $crate::__private::persist::Codec::<$user>::decode,
                )
            }
            $($crate::__private::replays_above!($parent);)?
            $(
                const MIGRATES: ::core::primitive::bool = true;
                fn older(
                    found: ::core::primitive::u32,
                    now: ::core::primitive::u32,
                    payload: &[::core::primitive::u8],
                ) -> ::core::result::Result<Self, $crate::__private::persist::Refused> {
                    $crate::__private::persist::Older::new(found, payload)
                        $(.step($from, $migration))+
                        .end(now)
                }
            )?
        }
    };
}

#[cfg(not(feature = "persist"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_persists {
    ($($class:tt)*) => {
        ::core::compile_error!(
            "objects persist by the feature `persist` of recover-runtime; add `features = [\"persist\"]` to the dependency in Cargo.toml"
        );
    };
}

/// How the state of a class that extends another one replays the calls of that one.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_replays_above {
    ($parent:ty) => {
        fn replay_above(
            &mut self,
            journal: &mut &[u8],
        ) -> ::core::result::Result<bool, $crate::__private::persist::Lost> {
            #[allow(unused_imports)]
            use $crate::__private::persist::NoReplayer as _;
            let parent = &mut *self.parent.borrow_mut();
            $crate::__private::persist::Replayer::<$parent>::replay(parent, journal)
        }
    };
}

/// How a class is copied before each call.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_clones {
    ($user:ty) => {
        $crate::__private::unwinds!();
        const _: () = $crate::__private::persist::copies::<$user>();
        impl $crate::__private::persist::Copies for $user {
            fn copy(&self) -> ::core::option::Option<Self> {
                #[allow(unused_imports)]
                use $crate::__private::persist::NoCopier as _;
                $crate::__private::persist::Copier::<$user>::copy(self)
            }
        }
    };
}

/// Fails the build where a copy before each call can't help.
#[cfg(all(target_family = "wasm", not(panic = "unwind")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_unwinds {
    () => {
        ::core::compile_error!(
            "a panic ends the instance in this build, and its copies with it; use `persist`, or build with panic=unwind"
        );
    };
}

#[cfg(not(all(target_family = "wasm", not(panic = "unwind"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_unwinds {
    () => {};
}

/// Fails the build where a method rolls back and its class does not.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_rolls_back {
    ($user:ty) => {{
        const _: () = ::core::assert!(
            <<$user as $crate::__private::Recoverable>::Persistence
                as $crate::__private::Persistence<$user>>::ROLLS_BACK,
            "there is nothing to roll back to; write `persist = \"journal\"` on the struct, or `rollback = \"clone\"`"
        );
        $crate::__private::OnPanic::Rollback
    }};
}

/// The export of `import`, the static method of a class that persists.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_imported_object {
    ($path:literal, $user:ty, $bytes:expr) => {
        $crate::__private::export!($path, ($bytes, ()), |args| {
            let bytes = args.0.take()?;
            <<$user as $crate::__private::Recoverable>::Persistence
                                        as $crate::__private::Persistence<$user>>::import(&bytes)
        })
    };
}

/// The entry of a call in the journal of its class, whichever boundary that has. `NoCodec` is in scope.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_journal_entry {
    ($user:ty, $args:ident, $target:expr, $path:literal, $([$kind:ident $name:ident: $ty:ty])*) => {
        static METHOD: $crate::__private::persist::Method<$user> =
            $crate::__private::persist::Method::new(
                ::core::concat!(::core::module_path!(), "::", $path),
                ::core::concat!($(::core::stringify!($kind $ty), ";"),*),
                |this, from| {
                    $(let mut $name = <$crate::__private::codec!($kind $ty)>::decode(from)?;)*
                    let ended = $target(this, $($crate::__private::passed!($kind $name)),*);
                    ::core::option::Option::Some($crate::__private::passed!(ended ended))
                },
            );
        let mut entry = $crate::__private::persist::entry(&METHOD);
        let encoded = (|| {
            let place = &mut $args.1;
            $(
                <$crate::__private::codec!($kind $ty)>::encode(place.0.peek()?, &mut entry);
                let place = &mut place.1;
                let _ = stringify!($name);
            )*
            let _ = place;
            ::core::result::Result::Ok(())
        })();
        if let ::core::result::Result::Err(refused) = encoded {
            $crate::__private::persist::discard(entry);
            return ::core::result::Result::Err(refused);
        }
        $args.0.journal(entry);
    };
}

/// Notes a call for the journal before it begins, in a class that has one.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_journal {
    ($user:ty, $args:ident, $target:expr, $path:literal, $([$kind:ident $name:ident: $ty:ty])*) => {
        #[allow(unused_imports)]
        use $crate::__private::persist::NoCodec as _;
        if <<$user as $crate::__private::Recoverable>::Persistence
            as $crate::__private::Persistence<$user>>::JOURNALS
        {
            $crate::__recover_journal_entry!($user, $args, $target, $path, $([$kind $name: $ty])*);
        }
    };
}

#[cfg(not(feature = "persist"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_journal {
    ($($call:tt)*) => {};
}

/// Fails the build where an argument can't be in the journal of its class.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_journals {
    ($user:ty, $kind:ident $ty:ty, $name:literal, $path:literal) => {
        const _: () = {
            #[allow(unused_imports)]
            use $crate::__private::persist::NoCodec as _;
            ::core::assert!(
                $crate::__private::journal_accepts::<$user>(
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
macro_rules! __recover_journals {
    ($($argument:tt)*) => {};
}

/// The codec of an argument; what a call changes beside its object has none in a journal.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_codec {
    (journals slice_mut $ty:ty) => { false };
    (journals lent_mut $ty:ty) => { false };
    (journals $kind:ident $ty:ty) => { <$crate::__private::codec!($kind $ty)>::JOURNALS };
    (slice $ty:ty) => {
        $crate::__private::persist::Codec<<$ty as ::std::borrow::ToOwned>::Owned>
    };
    (slice_mut $ty:ty) => { $crate::__private::codec!(slice $ty) };
    ($kind:ident $ty:ty) => { $crate::__private::persist::Codec<$ty> };
}

/// An argument as the user's function takes it, and how that ended.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_passed {
    (own $name:ident) => {
        $name
    };
    (slice $name:ident) => {
        &$name
    };
    (lent $name:ident) => {
        &$name
    };
    (slice_mut $name:ident) => {
        &mut $name
    };
    (lent_mut $name:ident) => {
        &mut $name
    };
    (ended $ended:ident) => {
        $crate::__private::Ended($ended).result().is_ok()
    };
}

/// What stands for an instantiation whose bounds are unmet can do whatever may be asked of a class.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_unmet {
    ($unmet:ident) => {
        impl ::core::clone::Clone for $unmet {
            fn clone(&self) -> Self {
                ::core::unreachable!()
            }
        }
        $crate::__recover_unmet_state!($unmet);
    };
}

/// The part of it that only a class with `persist` is asked for.
#[cfg(feature = "persist")]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_unmet_state {
    ($unmet:ident) => {
        impl $crate::__private::persist::serde::Serialize for $unmet {
            fn serialize<S: $crate::__private::persist::serde::Serializer>(
                &self,
                _: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::core::unreachable!()
            }
        }
        impl<'de> $crate::__private::persist::serde::Deserialize<'de> for $unmet {
            fn deserialize<D: $crate::__private::persist::serde::Deserializer<'de>>(
                _: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::core::unreachable!()
            }
        }
    };
}

#[cfg(not(feature = "persist"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_unmet_state {
    ($unmet:ident) => {};
}
