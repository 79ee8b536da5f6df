use recover_runtime::recoverable;

pub struct Point {
    pub x: u32,
}

#[recoverable]
pub struct Store {
    pub at: Point, //~ ERROR `Point` can't be a public field of an exported struct //~ NOTE `#[recoverable(skip)]` on the field
    #[recoverable(getter_with_clone)]
    pub all: Vec<Point>, //~ ERROR `Vec<Point>` can't be a public field of an exported struct
    #[recoverable(readonly)]
    pub last: Option<Point>, //~ ERROR `Option<Point>` can't be a public field of an exported struct
    #[recoverable(skip)]
    pub first: Point,
}

fn main() {}
