//! The header: eight bytes of length, then JSON. Checked by the `safetensors` crate: every tensor's bytes follow the one
//! before without a gap and are as many as its shape and type say.

use crate::Error;
use safetensors::tensor::Metadata;
use serde_json::{Map, Value, json};

/// Bytes of the length before the JSON.
pub const PREFIX_BYTES: usize = 8;
/// Larger headers are refused, as safetensors itself does.
pub const MAX_HEADER_BYTES: u64 = 100_000_000;

/// Bytes of length and JSON together, from the first eight bytes of a file: what [`header_json`] needs.
///
/// # Errors
/// When there are fewer bytes or the length is above [`MAX_HEADER_BYTES`].
pub fn header_len(bytes: &[u8]) -> Result<usize, Error> {
    let prefix = bytes.first_chunk().ok_or_else(|| Error("the file is shorter than a safetensors header".into()))?;
    match u64::from_le_bytes(*prefix) {
        len if len <= MAX_HEADER_BYTES => Ok(len as usize + PREFIX_BYTES),
        len => Err(Error(format!("a safetensors header of {len} bytes is too large: is this a safetensors file?"))),
    }
}

/// `{"tensors": {name: {"dtype", "shape", "start", "end"}}, "metadata": {..}, "size"}` as JSON, from the first bytes of a
/// file; `start` and `end` are offsets in the file, `size` is how long the file must be.
///
/// # Errors
/// When the header is cut off, is no JSON, or contradicts itself.
pub fn header_json(bytes: &[u8]) -> Result<String, Error> {
    let data = header_len(bytes)?;
    let text = bytes.get(PREFIX_BYTES..data).ok_or_else(|| Error("the safetensors header is cut off".into()))?;
    let header: Metadata =
        serde_json::from_slice(text).map_err(|e| Error(format!("the safetensors header is not valid: {e}")))?;
    let mut tensors = Map::new();
    let mut size = data;
    for (name, info) in header.tensors() {
        let (start, end) = (data + info.data_offsets.0, data + info.data_offsets.1);
        size = size.max(end);
        tensors.insert(name, json!({ "dtype": info.dtype, "shape": info.shape, "start": start, "end": end }));
    }
    let metadata = header.metadata().as_ref().map_or(Value::Null, |m| json!(m));
    Ok(json!({ "tensors": tensors, "metadata": metadata, "size": size }).to_string())
}

#[cfg(test)]
mod tests {
    use super::{header_json, header_len};
    use serde_json::{Value, json};

    fn file(header: &str) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()
    }

    #[test]
    fn offsets_become_absolute() {
        let bytes = file(
            r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F16","shape":[1],"data_offsets":[24,26]}}"#,
        );
        let n = bytes.len();
        assert_eq!(header_len(&bytes[..8]), Ok(n));
        let header: Value = serde_json::from_str(&header_json(&bytes).unwrap()).unwrap();
        assert_eq!(header["tensors"]["a"], json!({"dtype": "F32", "shape": [2, 3], "start": n, "end": n + 24}));
        assert_eq!(header["tensors"]["b"]["end"], json!(n + 26));
        assert_eq!((&header["metadata"]["format"], &header["size"]), (&json!("pt"), &json!(n + 26)));
    }

    #[test]
    fn refusals() {
        for bad in [
            vec![1, 2, 3],
            vec![0xff; 8],
            file("{")[..8].to_vec(),
            file("not JSON"),
            file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#),
            file(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#),
        ] {
            assert!(header_json(&bad).is_err(), "{bad:?}");
        }
    }
}
