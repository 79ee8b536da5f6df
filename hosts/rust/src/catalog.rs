//! What a component exports, looked up once: functions by name, and the classes of its resources.
//!
//! It says which classes persist. Nothing is called here.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, ResourceType};

use crate::error::Error;
use crate::shape::{ClassIndex, Shape};
use crate::value::Value;

/// The number of a function in the catalog.
pub(crate) type FunctionIndex = usize;

/// A function that the component exports.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name for people: `recover:fixture/ledgers.parse`.
    pub(crate) name: String,
    pub(crate) export: ComponentExportIndex,
    pub(crate) params: Vec<(String, Shape)>,
    pub(crate) result: Option<Shape>,
    /// It returns `result<_, failure>`.
    pub(crate) fails: bool,
    /// Handles may be among the arguments, the receiver aside.
    pub(crate) takes_handles: bool,
    /// Handles may be in the answer.
    pub(crate) gives_handles: bool,
}

/// A resource that the component exports.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: Arc<str>,
    pub(crate) constructor: Option<FunctionIndex>,
    methods: HashMap<String, FunctionIndex>,
    /// `save` and `restore`, if it persists.
    pub(crate) persists: Option<Persists>,
}

/// By what a class persists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Persists {
    pub(crate) save: FunctionIndex,
    pub(crate) restore: FunctionIndex,
}

#[derive(Debug, Default)]
struct Interface {
    functions: HashMap<String, FunctionIndex>,
    classes: HashMap<String, ClassIndex>,
}

/// What a component exports.
#[derive(Debug)]
pub(crate) struct Catalog {
    pub(crate) functions: Vec<Function>,
    pub(crate) classes: Vec<Class>,
    interfaces: Vec<(String, Interface)>,
    /// Interfaces by their name, with the version and without.
    names: HashMap<String, Vec<usize>>,
}

impl Catalog {
    pub(crate) fn of(component: &Component) -> Self {
        let engine = component.engine();
        let ty = component.component_type();
        let mut catalog = Catalog {
            functions: Vec::new(),
            classes: Vec::new(),
            interfaces: Vec::new(),
            names: HashMap::new(),
        };
        let mut resources = Vec::new();
        let mut found = vec![(String::new(), None, Vec::new())];
        for (name, export) in ty.exports(engine) {
            match export.ty {
                ComponentItem::ComponentInstance(instance) => {
                    let index = component.get_export_index(None, name);
                    let items = instance
                        .exports(engine)
                        .map(|(name, export)| (name.to_owned(), export.ty));
                    found.push((name.to_owned(), index, items.collect()));
                }
                item => found[0].2.push((name.to_owned(), item)),
            }
        }
        for (name, _, items) in &found {
            catalog
                .interfaces
                .push((name.clone(), Interface::default()));
            catalog.classes_of(items, &mut resources);
        }
        for (at, (_, index, items)) in found.iter().enumerate() {
            for (name, item) in items {
                if let ComponentItem::ComponentFunc(ty) = item
                    && let Some(export) = component.get_export_index(index.as_ref(), name)
                {
                    catalog.function(at, name, export, ty, &resources);
                }
            }
        }
        for (at, (name, _)) in catalog.interfaces.iter().enumerate() {
            catalog.names.entry(name.clone()).or_default().push(at);
            if let Some((bare, _)) = name.split_once('@') {
                catalog.names.entry(bare.to_owned()).or_default().push(at);
            }
        }
        catalog.persistence();
        catalog
    }

    /// Notes the resources of the interface that was added last.
    fn classes_of(
        &mut self,
        items: &[(String, ComponentItem)],
        resources: &mut Vec<(ResourceType, Arc<str>)>,
    ) {
        for (name, item) in items {
            let ComponentItem::Resource(resource) = item else {
                continue;
            };
            // An interface that uses another's resource exports it again.
            let known = resources.iter().position(|(one, _)| one == resource);
            let index = known.unwrap_or_else(|| {
                let name: Arc<str> = Arc::from(name.as_str());
                resources.push((*resource, Arc::clone(&name)));
                self.classes.push(Class {
                    name,
                    constructor: None,
                    methods: HashMap::new(),
                    persists: None,
                });
                self.classes.len() - 1
            });
            if let Some((_, interface)) = self.interfaces.last_mut() {
                interface.classes.insert(name.clone(), index);
            }
        }
    }

    fn function(
        &mut self,
        at: usize,
        name: &str,
        export: ComponentExportIndex,
        ty: &ComponentFunc,
        resources: &[(ResourceType, Arc<str>)],
    ) {
        let params: Vec<_> = ty
            .params()
            .map(|(name, ty)| (name.to_owned(), Shape::of(&ty, resources)))
            .collect();
        let result = ty.results().next().map(|ty| Shape::of(&ty, resources));
        let fails = matches!(&result, Some(Shape::Result(_, Some(err))) if err.is_failure());
        let (interface, known) = &mut self.interfaces[at];
        let (kind, plain) = match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((kind, plain)) => (kind, plain),
            None => ("", name),
        };
        let own = usize::from(kind == "method");
        let full = match interface.split('@').next() {
            Some(interface) if !interface.is_empty() => format!("{interface}.{plain}"),
            _ => plain.to_owned(),
        };
        let index = self.functions.len();
        self.functions.push(Function {
            name: full,
            export,
            takes_handles: params
                .iter()
                .skip(own)
                .any(|(_, shape)| shape.has_handles()),
            gives_handles: result.as_ref().is_some_and(Shape::has_handles),
            params,
            result,
            fails,
        });
        let class = |name: &str| known.classes.get(name).copied();
        match (kind, plain.split_once('.')) {
            ("constructor", _) => {
                if let Some(class) = class(plain) {
                    self.classes[class].constructor = Some(index);
                }
            }
            ("method", Some((of, method))) => {
                if let Some(class) = class(of) {
                    self.classes[class].methods.insert(method.to_owned(), index);
                }
            }
            _ => {
                known.functions.insert(plain.to_owned(), index);
            }
        }
    }

    /// Finds the classes that have `save` and `restore` as the contract says.
    fn persistence(&mut self) {
        for (_, interface) in &self.interfaces {
            for (name, &class) in &interface.classes {
                let restore = interface.functions.get(&format!("{name}.restore")).copied();
                let save = self.classes[class].methods.get("save").copied();
                let (Some(save), Some(restore)) = (save, restore) else {
                    continue;
                };
                let bytes = |shape: Option<&Shape>| matches!(shape, Some(Shape::List(inner)) if matches!(**inner, Shape::U8));
                let (saves, restores) = (&self.functions[save], &self.functions[restore]);
                let saved = match &saves.result {
                    Some(Shape::Result(Some(ok), _)) => bytes(Some(ok)),
                    _ => false,
                };
                let restored = match &restores.result {
                    Some(Shape::Result(Some(ok), _)) => {
                        matches!(**ok, Shape::Own(own, _) if own == class)
                    }
                    _ => false,
                };
                let takes = restores.params.len() == 1
                    && bytes(restores.params.first().map(|(_, shape)| shape));
                if saves.fails
                    && restores.fails
                    && saves.params.len() == 1
                    && saved
                    && restored
                    && takes
                {
                    self.classes[class].persists = Some(Persists { save, restore });
                }
            }
        }
    }

    fn interface(&self, name: &str) -> Result<&Interface, Error> {
        match self.names.get(name).map(Vec::as_slice) {
            Some([one]) => Ok(&self.interfaces[*one].1),
            Some(several) => {
                let versions: Vec<_> = several
                    .iter()
                    .map(|&at| self.interfaces[at].0.as_str())
                    .collect();
                Err(Error::misuse(format!(
                    "`{name}` is exported in several versions; name one of {}",
                    versions.join(", "),
                )))
            }
            None => {
                let names = self
                    .interfaces
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .filter(|name| !name.is_empty());
                Err(Error::misuse(format!(
                    "the component exports no interface `{name}`; it has {}",
                    listed(names),
                )))
            }
        }
    }

    /// A function of an interface; one of a resource itself is `class.function`.
    pub(crate) fn find(&self, interface: &str, name: &str) -> Result<FunctionIndex, Error> {
        let known = self.interface(interface)?;
        known.functions.get(name).copied().ok_or_else(|| {
            Error::misuse(format!(
                "`{interface}` has no function `{name}`; it has {}",
                listed(known.functions.keys().map(String::as_str)),
            ))
        })
    }

    /// The constructor of a resource.
    pub(crate) fn constructor(&self, interface: &str, class: &str) -> Result<FunctionIndex, Error> {
        let known = self.interface(interface)?;
        let Some(&index) = known.classes.get(class) else {
            return Err(Error::misuse(format!(
                "`{interface}` has no resource `{class}`; it has {}",
                listed(known.classes.keys().map(String::as_str)),
            )));
        };
        self.classes[index].constructor.ok_or_else(|| {
            Error::misuse(format!(
                "the resource `{class}` has no constructor; call a function that returns one"
            ))
        })
    }

    /// A method of a class.
    pub(crate) fn method(&self, class: ClassIndex, name: &str) -> Result<FunctionIndex, Error> {
        let class = &self.classes[class];
        class.methods.get(name).copied().ok_or_else(|| {
            Error::misuse(format!(
                "`{}` has no method `{name}`; it has {}",
                class.name,
                listed(class.methods.keys().map(String::as_str)),
            ))
        })
    }

    /// Checks the arguments of a call; a receiver stands before them.
    pub(crate) fn check(
        &self,
        index: FunctionIndex,
        receiver: bool,
        args: &[Value],
    ) -> Result<(), Error> {
        let function = &self.functions[index];
        let params = &function.params[usize::from(receiver)..];
        if params.len() != args.len() {
            let names = params.iter().map(|(name, _)| name.as_str());
            return Err(Error::misuse(format!(
                "{} takes {} arguments ({}), found {}",
                function.name,
                params.len(),
                names.collect::<Vec<_>>().join(", "),
                args.len(),
            )));
        }
        for ((name, shape), value) in params.iter().zip(args) {
            shape.check(value).map_err(|why| {
                let colon = if why.starts_with(['.', '[']) {
                    ""
                } else {
                    ": "
                };
                Error::misuse(format!("{}, argument {name}{colon}{why}", function.name))
            })?;
        }
        Ok(())
    }
}

/// Names in order, for a message.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

/// Whether a component calls functions of the program's that must not be called again: those that are neither of WASI nor
/// of an interface that is told to be repeatable.
pub(crate) fn calls_outside(component: &Component, repeatable: &[String]) -> bool {
    let engine = component.engine();
    let ty = component.component_type();
    ty.imports(engine).any(|(name, import)| {
        let bare = name.split_once('@').map_or(name, |(bare, _)| bare);
        let repeats = repeatable.iter().any(|one| one == name || one == bare);
        let calls = match import.ty {
            ComponentItem::ComponentInstance(instance) => instance
                .exports(engine)
                .any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_))),
            ComponentItem::ComponentFunc(_) => true,
            _ => false,
        };
        calls && !repeats && !name.starts_with("wasi:")
    })
}
