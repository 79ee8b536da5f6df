use recover_host::{Error, Kind, Limits, Supervisor, Wasi, values};
use wasmtime::component::Component;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let engine = limits.engine()?;
    let file = std::env::args().nth(1).ok_or("which component?")?;
    let component = Component::from_file(&engine, file)?;
    let app = Supervisor::builder(&component, Wasi::blocking_linker(&engine)?, Wasi::default)
        .limits(limits)
        .build_blocking()?;

    let shelf = app.construct("books:shop/shelves", "shelf", values!["ann"])?;
    let count = app.method(&shelf, "add", values!["Emma", 3u32])?;
    println!("{:?}", count.as_i64()); // => Some(3)
    match app.method(&shelf, "find", values!["Ulysses"]) {
        Err(Error::Domain(error)) if error.is("NoBookError") => {
            println!("{}", error.failure().message); // => ann has no Ulysses
        }
        other => println!("{other:?}"),
    }
    let full = app
        .method(&shelf, "add", values!["Emma", u32::MAX])
        .unwrap_err();
    println!("{} {full}", full.kind() == Some(Kind::Panic)); // => true the shelf is full
    let burnt = app.call("books:shop/shelves", "burn", vec![]).unwrap_err();
    println!("{} {}", burnt.kind() == Some(Kind::Aborted), burnt.fatal()); // => true true
    let found = app.method(&shelf, "find", values!["Emma"])?;
    println!("{:?}", found.as_i64()); // => Some(3)
    Ok(())
}
