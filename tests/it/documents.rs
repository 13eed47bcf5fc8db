//! Every link in our pages leads somewhere, and every hint to a part of the page that explains it.

mod rotation_page;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use rotation::Heading;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages: those at the root, and those below these folders.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/decisions", "infra"] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages
}

fn parsed(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

fn links(text: &str) -> Vec<String> {
    let of_link = |event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    parsed(text).filter_map(of_link).collect()
}

/// The anchors of a page's headings, in its order.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for event in parsed(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().as_deref().map(anchor)),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            _ => {}
        }
    }
    anchors
}

/// As GitHub makes it: lower case, blanks as hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_of_it() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').map_or((&*link, None), |(file, to)| (file, Some(to)));
            let to = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let leads = match heading {
                None => to.exists(),
                Some(heading) => {
                    fs::read_to_string(&to).is_ok_and(|text| anchors(&text).iter().any(|to| to == heading))
                }
            };
            followed += 1;
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty() && followed > 30, "{followed} followed; broken: {broken:#?}");
}

#[test]
fn decisions_are_numbered_one_after_the_other() {
    let folder = root().join("docs/decisions");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for (name, number) in names.collect::<BTreeSet<_>>().iter().zip(1..) {
        assert!(name.starts_with(&format!("{number:04}-")), "{name} is not the one with number {number}");
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert!(text.starts_with(&format!("# {number}. ")), "{name}");
        assert!(text.contains("\n**Status:** "), "{name}");
    }
}

#[test]
fn every_hint_leads_to_a_part_of_its_own_and_there_is_no_other() {
    let page = fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap();
    let parts = anchors(&page);
    let linked = Heading::ALL.map(|heading| heading.link().strip_prefix("docs/troubleshooting.md#").unwrap());
    assert_eq!(parts[1..], linked);
    assert_eq!(linked.iter().collect::<BTreeSet<_>>().len(), linked.len());
    let sections = page.split("\n## ").skip(1);
    for section in sections {
        for says in ["*Seen as:*", "*Means:*", "*Do:*"] {
            assert!(section.contains(says), "no {says} in: {section}");
        }
    }
}
