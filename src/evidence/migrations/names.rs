//! How frameworks name tables after models.

/// `LineItem` is kept in `line_items`.
pub fn table_of(model: &str) -> String {
    let mut table = String::new();
    let last = model.rsplit("::").next().unwrap_or(model);
    for (at, c) in last.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            table.push('_');
        }
        table.extend(c.to_lowercase());
    }
    plural(&table)
}

fn plural(word: &str) -> String {
    match word.as_bytes() {
        [.., before, b'y'] if !b"aeiou".contains(before) => format!("{}ies", &word[..word.len() - 1]),
        [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// `line_items` belong to a `line_item`.
pub fn singular(table: &str) -> String {
    if let Some(stem) = table.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let stem = ["sses", "xes", "ches", "shes"].iter().any(|end| table.ends_with(end)).then(|| &table[..table.len() - 2]);
    stem.unwrap_or_else(|| table.strip_suffix('s').unwrap_or(table)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_plurals_of_models() {
        for (model, table) in
            [("LineItem", "line_items"), ("Shop::Category", "categories"), ("Bus", "buses"), ("Box", "boxes"), ("Day", "days")]
        {
            assert_eq!(table_of(model), table);
        }
        for (table, one) in [("line_items", "line_item"), ("categories", "category"), ("boxes", "box")] {
            assert_eq!(singular(table), one);
        }
    }
}
