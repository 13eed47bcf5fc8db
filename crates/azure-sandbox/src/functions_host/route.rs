//! The route of an HTTP function: `now/{id?}`.
//!
//! Source: "Customize the HTTP endpoint" of Microsoft's documentation, and ASP.NET's `TemplateMatcher`.

/// Where an HTTP function is found, below the prefix `api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// Compared without regard to case.
    Literal(String),
    Parameter {
        name: String,
        is_optional: bool,
    },
}

/// The parameters of a route with what a path gives for them; an optional one may be left off.
pub(super) type RouteValues = Vec<(String, Option<String>)>;

impl Route {
    pub(super) fn parse(template: &str) -> Result<Self, String> {
        let unknown = || format!("this host does not know the route `{template}`");
        // The host trims slashes for its checks only; what ASP.NET does with them was not seen.
        let start = template.to_lowercase();
        if start.starts_with("admin") || start.starts_with("runtime") {
            return Err(format!("the route `{template}` conflicts with one or more built in routes"));
        }
        let parsed: Option<Vec<_>> = template.split('/').map(Segment::parse).collect();
        let segments = parsed.ok_or_else(unknown)?;
        let early = segments.iter().rev().skip(1).any(Segment::is_optional);
        let repeats = segments.iter().enumerate().any(|(at, segment)| {
            segment.parameter().is_some_and(|name| {
                segments[..at]
                    .iter()
                    .filter_map(Segment::parameter)
                    .any(|other| other.eq_ignore_ascii_case(name))
            })
        });
        if early || repeats { Err(unknown()) } else { Ok(Self { segments }) }
    }

    /// The route of a function that names none.
    pub(super) fn of_function(name: &str) -> Self {
        Self { segments: vec![Segment::Literal(name.to_owned())] }
    }

    /// The values of a path, if it is this route's. A slash at its end counts for nothing.
    pub(super) fn values(&self, path: &str) -> Option<RouteValues> {
        let mut parts = path.strip_suffix('/').unwrap_or(path).split('/');
        let mut values = Vec::new();
        for segment in &self.segments {
            let part = parts.next();
            match (segment, part) {
                (Segment::Literal(literal), Some(part)) if literal.eq_ignore_ascii_case(part) => {}
                (Segment::Parameter { name, .. }, Some(part)) if !part.is_empty() => {
                    values.push((name.clone(), Some(part.to_owned())));
                }
                (Segment::Parameter { name, is_optional: true }, None) => values.push((name.clone(), None)),
                _ => return None,
            }
        }
        parts.next().is_none().then_some(values)
    }

    /// The part before the first parameter.
    pub(super) fn fixed_part(&self) -> String {
        let literals = self.segments.iter().map_while(|segment| match segment {
            Segment::Literal(literal) => Some(literal.as_str()),
            Segment::Parameter { .. } => None,
        });
        literals.collect::<Vec<_>>().join("/")
    }

    /// Whether the host takes both for the same; it compares their text.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        self.template().eq_ignore_ascii_case(&other.template())
    }

    fn template(&self) -> String {
        let texts = self.segments.iter().map(|segment| match segment {
            Segment::Literal(literal) => literal.clone(),
            Segment::Parameter { name, is_optional } => {
                format!("{{{name}{}}}", if *is_optional { "?" } else { "" })
            }
        });
        texts.collect::<Vec<_>>().join("/")
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        let is_plain = |text: &str, others: &[char]| {
            let known = |letter: char| letter.is_ascii_alphanumeric() || others.contains(&letter);
            !text.is_empty() && text.chars().all(known)
        };
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            None => is_plain(text, &['-', '_', '.', '~']).then(|| Self::Literal(text.to_owned())),
            Some(name) => {
                let (name, is_optional) = match name.strip_suffix('?') {
                    Some(name) => (name, true),
                    None => (name, false),
                };
                is_plain(name, &['_']).then(|| Self::Parameter { name: name.to_owned(), is_optional })
            }
        }
    }

    fn parameter(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Parameter { name, .. } => Some(name),
        }
    }

    fn is_optional(&self) -> bool {
        matches!(self, Self::Parameter { is_optional: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, path: &str) -> Option<RouteValues> {
        Route::parse(template).unwrap().values(path)
    }

    #[test]
    fn parameters_get_their_values_and_optional_ones_may_be_left_off() {
        let value = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        assert_eq!(values("now/{id?}", "now/7"), Some(vec![value("id", Some("7"))]));
        assert_eq!(values("now/{id?}", "NOW"), Some(vec![value("id", None)]));
        assert_eq!(values("now/{id?}", "now/"), Some(vec![value("id", None)]));
        assert_eq!(values("{a}/b/{c}", "1/b/2"), Some(vec![value("a", Some("1")), value("c", Some("2"))]));
        assert_eq!(Route::of_function("Page").values("page"), Some(vec![]));
    }

    #[test]
    fn other_paths_are_not_taken() {
        for path in ["", "later", "now/1/2", "now//", "then/1"] {
            assert_eq!(values("now/{id?}", path), None, "{path}");
        }
        assert_eq!(values("now/{id}", "now"), None);
    }

    #[test]
    fn routes_that_nobody_saw_are_refused() {
        for template in
            ["now/{id:int}", "{*path}", "{id=5}", "a{b}", "/now", "now/", "{a?}/b", "{a}/{A}", "ü"]
        {
            assert!(Route::parse(template).unwrap_err().contains("does not know the route"), "{template}");
        }
        assert!(Route::parse("Admin/x").unwrap_err().contains("conflicts with one or more built in routes"));
    }

    #[test]
    fn routes_conflict_by_their_text() {
        let route = |template| Route::parse(template).unwrap();
        assert!(route("now/{id?}").conflicts_with(&route("Now/{ID?}")));
        assert!(!route("now/{id?}").conflicts_with(&route("now/{id}")));
        assert_eq!(route("now/and/{then}/x").fixed_part(), "now/and");
    }
}
