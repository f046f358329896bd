//! Rules on the text of a file: its length, the length of its functions, the words in its names, ignored tests.
//!
//! Rust is read as tokens (`proc_macro2`), so that strings, comments and macros cannot mislead a rule. What clippy
//! already refuses is not repeated here.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tree::SourceFile;

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

/// Words that name nothing: whoever reads them still has to open the file.
const BANNED: [&str; 12] = [
    "manager", "managers", "handler", "handlers", "helper", "helpers", "util", "utils", "common", "data", "info",
    "infos",
];

/// Words that carry a banned one and may, each with its reason.
const ALLOWED: [(&str, &str); 3] = [
    ("data key", "the key of an account's stored data (DECISIONS 13), not a heap of something"),
    ("data folder", "what `--data` and the documents call it"),
    ("group info", "a structure of RFC 9420"),
];

/// One function found in a file.
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// What the rules need to know of one Rust file.
#[derive(Default)]
struct Facts {
    functions: Vec<Function>,
    /// Names of functions, types, traits, modules and macros which the file itself defines. Tests are left out: theirs
    /// are sentences.
    names: Vec<(String, usize)>,
    ignored_tests: Vec<usize>,
}

pub(crate) fn file_lengths(files: &[SourceFile]) -> Vec<String> {
    let long = files.iter().map(|file| (file, file.text.lines().count()));
    long.filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .map(|(file, lines)| format!("{}: {lines} lines, at most {FILE_LINES_MAX}", file.path))
        .collect()
}

pub(crate) fn function_lengths(files: &[SourceFile]) -> Vec<String> {
    over_rust(files, |file, facts| {
        let long = facts.functions.iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
        long.map(|function| {
            let Function { name, line, lines } = function;
            format!("{}:{line}: fn {name} has {lines} lines, at most {FUNCTION_LINES_MAX}", file.path)
        })
        .collect()
    })
}

pub(crate) fn ignored_tests(files: &[SourceFile]) -> Vec<String> {
    over_rust(files, |file, facts| {
        let lines = facts.ignored_tests.iter();
        lines.map(|line| format!("{}:{line}: an ignored test tests nothing", file.path)).collect()
    })
}

pub(crate) fn banned_words(files: &[SourceFile]) -> Vec<String> {
    let mut violations: Vec<String> = over_rust(files, |file, facts| {
        let bad = facts.names.iter().filter(|(name, _)| is_banned(name));
        bad.map(|(name, line)| format!("{}:{line}: the name {name} says nothing", file.path)).collect()
    });
    for file in files {
        for part in file.path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if is_banned(stem) {
                violations.push(format!("{}: the name {part} says nothing", file.path));
            }
        }
    }
    violations
}

fn over_rust(files: &[SourceFile], rule: impl Fn(&SourceFile, &Facts) -> Vec<String>) -> Vec<String> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    rust.flat_map(|file| match file.text.parse::<TokenStream>() {
        Ok(tokens) => {
            let mut facts = Facts::default();
            let lines: Vec<&str> = file.text.lines().collect();
            collect(tokens, &lines, true, &mut facts);
            rule(file, &facts)
        }
        Err(error) => vec![format!("{}: not readable as Rust: {error}", file.path)],
    })
    .collect()
}

fn is_banned(name: &str) -> bool {
    // By itself it is what the flag `--data` names: the folder of a node.
    if name == "data" {
        return false;
    }
    let mut words = words(name).join(" ");
    for (allowed, _) in ALLOWED {
        words = words.replace(allowed, "");
    }
    words.split(' ').any(|word| BANNED.contains(&word))
}

/// The lower-case words of a `snake_case`, `kebab-case` or `CamelCase` name.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && letter.is_alphanumeric()
        {
            word.extend(letter.to_lowercase());
        }
        previous_lower = letter.is_lowercase() || letter.is_numeric();
    }
    words
}

/// Walks one level of tokens. `ours` is false directly inside `impl Trait for Type`, where the names are the trait's.
fn collect(tokens: TokenStream, lines: &[&str], ours: bool, facts: &mut Facts) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut foreign = false;
    let mut test = false;
    for (at, token) in tokens.iter().enumerate() {
        let rest = &tokens[at + 1..];
        match token {
            TokenTree::Ident(word) if word == "impl" => foreign = implements_trait(rest),
            TokenTree::Ident(word) => {
                test &= word != "mod";
                let named = ours && !(test && word == "fn");
                note_name(&word.to_string(), word.span().start().line, rest, lines, named, facts);
                test &= word != "fn";
            }
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = rest.first() {
                    test |= mentions(attribute.stream(), "test");
                    if mentions(attribute.stream(), "ignore") {
                        facts.ignored_tests.push(mark.span().start().line);
                    }
                }
            }
            TokenTree::Group(group) => {
                let body = group.delimiter() == Delimiter::Brace;
                collect(group.stream(), lines, !(foreign && body), facts);
                foreign &= !body;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn note_name(keyword: &str, line: usize, rest: &[TokenTree], lines: &[&str], ours: bool, facts: &mut Facts) {
    let name = match (keyword, rest) {
        ("fn" | "mod" | "struct" | "enum" | "trait" | "type", [TokenTree::Ident(name), ..]) => name.to_string(),
        ("macro_rules", [TokenTree::Punct(_), TokenTree::Ident(name), ..]) => name.to_string(),
        _ => return,
    };
    if keyword == "fn"
        && let Some(end) = body_end(rest)
    {
        let lines = code_lines(lines, line, end);
        facts.functions.push(Function { name: name.clone(), line, lines });
    }
    if ours || keyword != "fn" && keyword != "type" {
        facts.names.push((name, line));
    }
}

/// Line of the closing brace of the function whose tokens after `fn` are `rest`; `None` for one without a body.
fn body_end(rest: &[TokenTree]) -> Option<usize> {
    for token in rest {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return Some(group.span_close().end().line);
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => return None,
            TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
    }
    None
}

/// Lines from `first` to `last` which hold code. Blank lines and comments are free, so that nobody is paid to omit them.
fn code_lines(lines: &[&str], first: usize, last: usize) -> usize {
    let body = lines.iter().take(last).skip(first - 1).map(|line| line.trim());
    body.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Whether the tokens after `impl` are those of `impl Trait for Type`; `for<'a>` is not that `for`.
fn implements_trait(rest: &[TokenTree]) -> bool {
    let head =
        rest.iter().take_while(|token| !matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace));
    let head: Vec<String> = head.map(ToString::to_string).collect();
    head.windows(2).any(|pair| pair[0] == "for" && pair[1] != "<")
}

fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
