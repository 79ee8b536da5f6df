use recover_runtime::ErrorClass;

#[derive(ErrorClass)]
struct Full; //~ ERROR `Full` derives `ErrorClass` and has no message //~ NOTE derive `thiserror::Error`, or implement

fn main() {}
