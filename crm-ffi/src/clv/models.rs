//! The table of models.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::LazyLock;

use crm_core::clv::{MODELS, ModelFamily, ModelInfo};

use crate::guard::{guard, guard_or};
use crate::pointer::element;
use crate::sized::{self, sized_structs};
use crate::status::{c_text, crm_status};

/// What a model describes.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_model_family {
    /// How often customers buy who do not say when they leave.
    Purchases = 0,
    /// How long customers stay who have a contract.
    Contracts = 1,
    /// What a purchase is worth.
    Spend = 2,
}

/// A row of the table of models. The texts are static: they are never freed. Set `struct_size` before the call that fills
/// it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_model_info {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name in files and in messages, such as "bg_nbd".
    pub name: *const c_char,
    /// The name in papers, such as "BG/NBD".
    pub title: *const c_char,
    /// The paper that introduced it.
    pub source: *const c_char,
    /// How many parameters it has: `crm_model_parameter` names them.
    pub parameter_count: usize,
    /// A `crm_model_family`.
    pub family: i32,
    /// Always 0.
    pub reserved: i32,
}

sized_structs!(crm_model_info);

struct Texts {
    name: CString,
    title: CString,
    source: CString,
    parameters: Vec<CString>,
    family: crm_model_family,
}

static TEXTS: LazyLock<Vec<Texts>> = LazyLock::new(|| MODELS.iter().map(texts).collect());

fn texts(model: &ModelInfo) -> Texts {
    Texts {
        name: c_text(model.name),
        title: c_text(model.title),
        source: c_text(model.source),
        parameters: model.parameters.iter().map(|name| c_text(name)).collect(),
        family: match model.family {
            ModelFamily::Contracts => crm_model_family::Contracts,
            ModelFamily::Spend => crm_model_family::Spend,
            // A test holds the families to be these.
            _ => crm_model_family::Purchases,
        },
    }
}

/// Number of models. The purchase models come first, in the order of `crm_purchase_kind`.
#[unsafe(no_mangle)]
pub extern "C" fn crm_model_count() -> usize {
    MODELS.len()
}

/// A row of the table of models; `out` is a struct of the caller whose `struct_size` is set.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_model_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_model_at(index: usize, out: *mut crm_model_info) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let texts = element(&TEXTS, index)?;
        out.put(crm_model_info {
            struct_size: size_of::<crm_model_info>(),
            name: texts.name.as_ptr(),
            title: texts.title.as_ptr(),
            source: texts.source.as_ptr(),
            parameter_count: texts.parameters.len(),
            family: texts.family as i32,
            reserved: 0,
        })
    })
}

/// The name of a parameter of a model, in the order of every array of them: a static string that is never freed. NULL, with
/// the thread's last error set, for an index that is none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_model_parameter(model: usize, index: usize) -> *const c_char {
    guard_or(ptr::null(), || Ok(element(&element(&TEXTS, model)?.parameters, index)?.as_ptr()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crm_core::clv::PurchaseKind;

    #[test]
    fn families_are_those_of_the_core_and_purchases_come_first() {
        for (code, kind) in PurchaseKind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.info()), (code, &MODELS[code]));
        }
        for (model, texts) in MODELS.iter().zip(TEXTS.iter()) {
            let family = match texts.family {
                crm_model_family::Purchases => ModelFamily::Purchases,
                crm_model_family::Contracts => ModelFamily::Contracts,
                crm_model_family::Spend => ModelFamily::Spend,
            };
            assert_eq!(model.family, family);
        }
    }
}
