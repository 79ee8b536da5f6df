use recover_runtime::recoverable;

#[recoverable]
pub enum Shape {
    Circle { radius: f64 },
    Point,
}

#[recoverable]
pub fn area(shape: Shape) -> f64 {
    match shape {
        Shape::Circle { radius } => radius * radius * 3.14,
        Shape::Point => 0.0,
    }
}

fn main() {}
