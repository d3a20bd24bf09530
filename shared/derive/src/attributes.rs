//! The `#[net(..)]` attributes of one field.
//!
//! In: the field's attributes and its type. Out: what they say, and the field kind that they declare.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprRange, Field, LitInt, Path, RangeLimits, Result, Type};

#[derive(Default)]
pub(crate) struct FieldAttributes {
    range: Option<ExprRange>,
    step: Option<Expr>,
    pub(crate) angle: Option<Path>,
    bits: Option<LitInt>,
    pub(crate) interpolate: Option<Path>,
    pub(crate) owner_only: Option<Path>,
    pub(crate) position: Option<Path>,
    pub(crate) heading: Option<Path>,
    pub(crate) skip: Option<Path>,
    pub(crate) snap_over: Option<Expr>,
    /// Of an input: kept when no more inputs come.
    pub(crate) held: Option<Path>,
}

impl FieldAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<FieldAttributes> {
        let mut parsed = FieldAttributes::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("net"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("range") {
                    parsed.range = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("step") {
                    parsed.step = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("bits") {
                    parsed.bits = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("snap_over") {
                    parsed.snap_over = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("angle") {
                    parsed.angle = Some(meta.path);
                } else if meta.path.is_ident("interpolate") {
                    parsed.interpolate = Some(meta.path);
                } else if meta.path.is_ident("owner_only") {
                    parsed.owner_only = Some(meta.path);
                } else if meta.path.is_ident("position") {
                    parsed.position = Some(meta.path);
                } else if meta.path.is_ident("heading") {
                    parsed.heading = Some(meta.path);
                } else if meta.path.is_ident("skip") {
                    parsed.skip = Some(meta.path);
                } else if meta.path.is_ident("held") {
                    parsed.held = Some(meta.path);
                } else {
                    return Err(meta.error(
                        "unknown: expected range, step, angle, bits, interpolate, snap_over, position, heading, owner_only or skip; in an input range, step, angle, bits or held",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(parsed)
    }

    /// Refuses what means something in a component alone.
    pub(crate) fn allow_only_input(&self, field: &Field) -> Result<()> {
        let in_component = [
            &self.interpolate,
            &self.owner_only,
            &self.position,
            &self.heading,
            &self.skip,
        ];
        let wrong = in_component.into_iter().flatten().next();
        if wrong.is_some() || self.snap_over.is_some() {
            return Err(Error::new(
                field.span(),
                "nobody draws an input: only range, step, angle, bits and held mean something here",
            ));
        }
        Ok(())
    }

    /// True for a number that travels in steps, not in all its bits.
    pub(crate) fn is_stepped(&self) -> bool {
        self.step.is_some() || self.bits.is_some()
    }

    /// Refuses what means something in an input alone.
    pub(crate) fn allow_only_component(&self) -> Result<()> {
        match &self.held {
            Some(held) => Err(Error::new(held.span(), "only fields of an input are held")),
            None => Ok(()),
        }
    }

    /// The ends of the range, if there is one.
    pub(crate) fn ends(&self) -> Result<Option<(&Expr, &Expr)>> {
        self.range.as_ref().map(ends).transpose()
    }

    /// The `FieldKind` expression that the attributes declare for a field of type `ty`.
    pub(crate) fn kind(&self, ty: &Type) -> Result<TokenStream> {
        let kind = quote!(::tickwire_shared::replicate::FieldKind);
        match (&self.range, &self.step, &self.angle, &self.bits) {
            (Some(range), Some(step), None, None) => {
                let (start, end) = ends(range)?;
                Ok(quote!(#kind::float((#start) as f64, (#end) as f64, (#step) as f64)))
            }
            (Some(range), None, None, None) => {
                let (start, end) = ends(range)?;
                if is_float(ty) {
                    return Err(Error::new(
                        range.span(),
                        "a float with a range needs a step too",
                    ));
                }
                Ok(quote!(#kind::integer((#start) as i64, (#end) as i64)))
            }
            (None, None, Some(_), Some(bits)) => Ok(quote!(#kind::angle(#bits))),
            (None, None, Some(angle), None) => Err(Error::new(angle.span(), "an angle needs bits")),
            (None, None, None, None) if is_float(ty) => Err(Error::new(
                ty.span(),
                "say how fine this number travels: `#[net(range = -50.0..=50.0, step = 0.05)]`, or `#[net(angle, bits = 8)]`, or `#[net(skip)]` if others need not know it",
            )),
            (None, None, None, None) => {
                Ok(quote!(<#ty as ::tickwire_shared::replicate::FieldValue>::DEFAULT_KIND))
            }
            _ => Err(Error::new(
                ty.span(),
                "use range with step (float), range (integer), or angle with bits",
            )),
        }
    }
}

pub(crate) fn is_float(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("f32") || path.path.is_ident("f64"))
}

fn ends(range: &ExprRange) -> Result<(&Expr, &Expr)> {
    match (&range.start, &range.limits, &range.end) {
        (Some(start), RangeLimits::Closed(_), Some(end)) => Ok((start, end)),
        _ => Err(Error::new(range.span(), "write the range as start..=end")),
    }
}
