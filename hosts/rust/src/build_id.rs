//! The build id of a component: by it an error can be traced to the build that raised it.
//!
//! Only the sections are walked. What is malformed has no id.

/// The build id in a component's custom section `build_id`, in hexadecimal. `cargo recover build --target component` writes
/// one.
pub fn build_id(component: &[u8]) -> Option<String> {
    let mut rest = component.get(8..)?;
    while let Some((&kind, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let section = after.get(..size)?;
        rest = &after[size..];
        if kind != 0 {
            continue;
        }
        let (length, named) = number(section)?;
        if named.get(..length)? == b"build_id" {
            let id = &named[length..];
            // A linker writes its length before it.
            let id = if id.len() == 21 { &id[1..] } else { id };
            return Some(id.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    None
}

/// A number in LEB128, and what is behind it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (at, &byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 127) << (7 * at);
        if byte < 128 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x0d\0\x01\0";

    fn with(section: &[u8]) -> Vec<u8> {
        [HEAD, &[0, 2, 1, b'x'], &[0, section.len() as u8], section].concat()
    }

    #[test]
    fn an_id_is_found_with_its_length_before_it_or_without() {
        let id: Vec<u8> = (0..20).collect();
        let hexadecimal = "000102030405060708090a0b0c0d0e0f10111213";
        let plain = with(&[&[8][..], b"build_id", &id].concat());
        assert_eq!(build_id(&plain).as_deref(), Some(hexadecimal));
        let linked = with(&[&[8][..], b"build_id", &[20], &id].concat());
        assert_eq!(build_id(&linked).as_deref(), Some(hexadecimal));
    }

    #[test]
    fn what_is_malformed_has_none() {
        let good = with(&[&[8][..], b"build_id", &[1; 20]].concat());
        for end in 0..good.len() {
            assert_eq!(build_id(&good[..end]), None, "{end}");
        }
        assert_eq!(
            build_id(&[HEAD, &[0, 255, 255, 255, 255, 255]].concat()),
            None
        );
        assert_eq!(build_id(&[HEAD, &[0, 1, 9]].concat()), None);
    }
}
