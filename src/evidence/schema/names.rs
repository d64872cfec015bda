//! Names of tables, columns and models, taken apart into lower-case words.

/// `accessToken`, `access_token`, `AccessToken` and `access-token` are `access`, `token`. A run of capitals is one word: `SSNNumber`.
pub fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().take(200).collect();
    let (mut all, mut word) = (Vec::new(), String::new());
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            all.push(std::mem::take(&mut word));
            continue;
        }
        let before = at.checked_sub(1).map(|before| chars[before]);
        let begins = c.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(char::is_uppercase) && chars.get(at + 1).is_some_and(|next| next.is_lowercase())));
        if begins {
            all.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    all.push(word);
    all.retain(|word| !word.is_empty());
    all
}

/// The words with underscores between: what names are compared by.
pub fn normal(name: &str) -> String {
    words(name).join("_")
}

/// One of the things that a plural word is about: `parties` is `party`, `addresses` is `address`, `users` is `user`.
pub fn singular(word: &str) -> String {
    let odd = [("people", "person"), ("children", "child"), ("statuses", "status"), ("aliases", "alias"), ("data", "data")];
    if let Some((_, one)) = odd.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    if ends(&["sses", "shes", "ches", "xes", "zzes"]) {
        return word[..word.len() - 2].to_owned();
    }
    if word.ends_with('s') && !ends(&["ss", "us", "is"]) { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

/// Many of the things that a word names: what Laravel calls a table after a model.
pub fn plural(word: &str) -> String {
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    if singular(word) != word {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        return format!("{stem}ies");
    }
    if ends(&["s", "x", "z", "ch", "sh"]) { format!("{word}es") } else { format!("{word}s") }
}

/// The words of a name with the last one in the singular.
pub fn singular_words(name: &str) -> Vec<String> {
    let mut all = words(name);
    if let Some(last) = all.last_mut() {
        *last = singular(last);
    }
    all
}

/// Whether a table is called after many, or one, of these words.
pub fn is_plural_of(table: &str, one: &[String]) -> bool {
    let table = table.rsplit('.').next().unwrap_or(table);
    words(table) == one || singular_words(table) == one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_however_they_are_spelled() {
        for name in ["access_token", "accessToken", "AccessToken", "access-token", "ACCESS_TOKEN"] {
            assert_eq!(words(name), ["access", "token"], "{name}");
        }
        assert_eq!(words("userSSNNumber"), ["user", "ssn", "number"]);
        assert_eq!(words("last4Digits"), ["last4", "digits"]);
        assert!(words("___").is_empty());
    }

    #[test]
    fn one_of_many() {
        let all = ["users", "parties", "addresses", "boxes", "people", "status", "statuses", "class", "series"];
        assert_eq!(all.map(singular), ["user", "party", "address", "box", "person", "status", "status", "class", "sery"]);
        assert_eq!(["company", "address", "key", "user", "users"].map(plural), ["companies", "addresses", "keys", "users", "users"]);
        assert!(is_plural_of("public.access_tokens", &words("accessToken")));
        assert!(is_plural_of("AspNetUser", &words("asp_net_user")));
    }
}
