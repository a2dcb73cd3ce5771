//! Choices that have a name in Python and in files, and a code in C.

/// Gives an enum `ALL`, `name`, `from_name` and `from_code`; the list stands once, in the order of the codes.
macro_rules! named {
    ($type:ident, $argument:literal, { $($variant:ident: $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every choice, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name used in Python, in files and in messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// A choice from its name.
            ///
            /// # Errors
            /// `InvalidArgument` for an unknown name.
            pub fn from_name(name: &str) -> $crate::Result<Self> {
                Self::ALL.iter().copied().find(|choice| choice.name() == name).ok_or_else(|| {
                    $crate::Error::argument($argument, format_args!("{name:?}"), concat!("one of", $(" ", $name),+))
                })
            }

            /// A choice from its code, its place in `ALL`.
            ///
            /// # Errors
            /// `InvalidArgument` for an unknown code.
            pub fn from_code(code: i32) -> $crate::Result<Self> {
                usize::try_from(code).ok().and_then(|code| Self::ALL.get(code).copied()).ok_or_else(|| {
                    let most = Self::ALL.len() - 1;
                    $crate::Error::argument($argument, code, &format!("between 0 and {most}"))
                })
            }
        }
    };
}

pub(crate) use named;
