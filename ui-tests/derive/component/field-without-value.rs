use recover_runtime::ErrorClass;

#[derive(ErrorClass)]
struct Full {
    sizes: Vec<u32>, //~ ERROR a field of type `Vec<u32>` can't be told in a failure //~ NOTE leave the field out with `skip`
}
impl std::fmt::Display for Full {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

fn main() {}
