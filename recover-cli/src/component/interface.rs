//! What a component exports: its interface as WIT, and which of its functions can return what they failed by.

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{
    Function, FunctionKind, Resolve, Type, TypeDefKind, TypeOwner, WorldId, WorldItem,
};

use crate::component_error::ComponentError;
use crate::error::{Error, one_line};
use crate::pins;

/// The interface of a component.
#[derive(Debug)]
pub(crate) struct Interface {
    /// Its text.
    pub(crate) wit: String,
    /// How many exported functions return a failure.
    pub(crate) guarded: usize,
    /// The exported functions that can't return one. A constructor is none of them: what it makes, it returns.
    pub(crate) unguarded: Vec<String>,
}

/// Validates what the linker made, and reads its interface.
pub(crate) fn read(wasm: &[u8]) -> Result<Interface, Error> {
    if let Some(Ok(Payload::Version { encoding, .. })) = Parser::new(0).parse_all(wasm).next()
        && encoding == Encoding::Module
    {
        let triple = pins::COMPONENT;
        return Err(ComponentError::CoreModule { triple }.into());
    }
    let invalid = |reason: String| Error::from(ComponentError::Invalid(one_line(&reason)));
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(wasm)
        .map_err(|error| invalid(error.to_string()))?;
    match wit_component::decode(wasm).map_err(|error| invalid(format!("{error:#}")))? {
        DecodedWasm::Component(resolve, world) => interface(&resolve, world),
        DecodedWasm::WitPackage(..) => Err(invalid("it has types, and no code".to_owned())),
    }
}

fn interface(resolve: &Resolve, world: WorldId) -> Result<Interface, Error> {
    let mut found = Interface {
        wit: printed(resolve, world)?,
        guarded: 0,
        unguarded: vec![],
    };
    let mut count = |function: &Function, place: &str| {
        let constructs = matches!(function.kind, FunctionKind::Constructor(_));
        if constructs && error(resolve, function).is_none() {
            return;
        }
        match returns_failure(resolve, function) {
            true => found.guarded += 1,
            false => found.unguarded.push(format!("{place}{}", named(function))),
        }
    };
    for (key, item) in &resolve.worlds[world].exports {
        match item {
            WorldItem::Function(function) => count(function, ""),
            WorldItem::Interface { id, .. } => {
                let place = format!("{}#", resolve.name_world_key(key));
                for function in resolve.interfaces[*id].functions.values() {
                    count(function, &place);
                }
            }
            WorldItem::Type { .. } => {}
        }
    }
    Ok(found)
}

/// The name as WIT has it: `ledger.put` of `[method]ledger.put`.
fn named(function: &Function) -> &str {
    let name = &*function.name;
    name.split_once(']').map_or(name, |(_, name)| name)
}

/// The package of the world, and in it those that it uses.
fn printed(resolve: &Resolve, world: WorldId) -> Result<String, Error> {
    let refused = |reason: String| Error::from(ComponentError::Invalid(one_line(&reason)));
    let own = resolve.worlds[world].package;
    let own = own.ok_or_else(|| refused("its world has no package".to_owned()))?;
    let others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).collect();
    let others: Vec<_> = others.into_iter().filter(|id| *id != own).collect();
    let mut printer = WitPrinter::default();
    printer
        .print(resolve, own, &others)
        .map_err(|error| refused(format!("{error:#}")))?;
    Ok(printer.output.to_string())
}

/// The error of a function that returns a result which has one.
fn error(resolve: &Resolve, function: &Function) -> Option<Type> {
    let Some(Type::Id(id)) = function.result else {
        return None;
    };
    match &resolve.types[id].kind {
        TypeDefKind::Result(result) => result.err,
        _ => None,
    }
}

/// Whether a function returns `result<_, failure>`, with the failure of `recover:error/types`.
fn returns_failure(resolve: &Resolve, function: &Function) -> bool {
    let Some(Type::Id(mut id)) = error(resolve, function) else {
        return false;
    };
    // Each `use` is a type of its own, which is the one that it names.
    while let TypeDefKind::Type(Type::Id(of)) = resolve.types[id].kind {
        id = of;
    }
    let of = &resolve.types[id];
    let TypeOwner::Interface(owner) = of.owner else {
        return false;
    };
    let owner = &resolve.interfaces[owner];
    let package = owner.package.map(|package| &resolve.packages[package].name);
    of.name.as_deref() == Some("failure")
        && owner.name.as_deref() == Some("types")
        && package.is_some_and(|name| name.namespace == "recover" && name.name == "error")
}
