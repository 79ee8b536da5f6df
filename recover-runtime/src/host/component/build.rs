//! The build id of the component, which `cargo recover` writes into the static below when the component is there. What is
//! hashed is not known here. `unsafe`: it is read as what may have changed since it was compiled, and told without a check.

/// Twenty bytes behind a marker by which they are found in the data.
#[repr(C)]
struct Stamp {
    marker: [u8; 16],
    id: [u8; 20],
}

#[used]
static STAMP: Stamp = Stamp {
    marker: *b"recover-build-id",
    id: [0; 20],
};

/// The id in hexadecimal; none where nobody wrote it.
pub(crate) fn id() -> Option<String> {
    // SAFETY: it is a static that is initialised and that nobody writes while the module runs. The compiler may not
    // take its initial value for it, which a tool replaces.
    let stamp = unsafe { (&raw const STAMP).read_volatile() };
    in_words(&stamp.id)
}

fn in_words(id: &[u8; 20]) -> Option<String> {
    if id.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut text = [0; 40];
    for (at, place) in text.iter_mut().enumerate() {
        let digit = match at % 2 {
            0 => id[at / 2] >> 4,
            _ => id[at / 2] & 15,
        };
        *place = b"0123456789abcdef"[usize::from(digit)];
    }
    // SAFETY: these are digits. A check of UTF-8 is more code than all the rest.
    Some(unsafe { std::str::from_utf8_unchecked(&text) }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_nobody_wrote_is_none() {
        assert_eq!(id(), None);
        let mut written = [0; 20];
        written[..3].copy_from_slice(&[0, 0xab, 7]);
        assert_eq!(
            in_words(&written),
            Some(format!("00ab07{}", "0".repeat(34)))
        );
    }
}
