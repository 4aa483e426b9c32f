use super::{Cells, value};
use crate::error::{Result, ensure, ensure_len, ensure_words};

/// Where each element's entry stands among the dealt ones.
///
/// # Errors
/// `E_ARGUMENT` for a wire or cells that do not exist, or when the tables are too large for one call.
pub fn exp_positions(m: &[u64], width: u32, cell_bits: u32) -> Result<Vec<u32>> {
    let cells = Cells::new(width, cell_bits)?;
    ensure_words(m.len(), cells.count())?;
    Ok(m.iter().enumerate().map(|(i, m)| (i * cells.count() + cells.split(*m).0) as u32).collect())
}

/// The share of each exp, `PF entry`, at scale `p_bits` plus the entries': `PF = round(exp(m_lo / 2^14 - half) 2^p_bits)`
/// is public, `entries` are the shares at [`exp_positions`].
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, for a wire or cells that do not exist, or a `p_bits` above 50.
pub fn exp_server(m: &[u64], entries: &[u64], width: u32, cell_bits: u32, p_bits: u32) -> Result<Vec<u64>> {
    let cells = Cells::new(width, cell_bits)?;
    ensure_len("entries", entries, m.len())?;
    ensure(p_bits <= 50, "pBits must be at most 50")?;
    let unit = libm::ldexp(1.0, p_bits as i32);
    let factor = |m: u64| libm::round(libm::exp(value(cells.split(m).1 as i64) - cells.half()) * unit) as u64;
    Ok(m.iter().zip(entries).map(|(m, entry)| factor(*m).wrapping_mul(*entry)).collect())
}
