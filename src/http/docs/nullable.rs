//! Values that may be `null`, written as a choice: a text of two types with a format, as utoipa writes
//! it, makes programs overlook the format. Changes nothing of what is allowed.

use utoipa::openapi::schema::{Object, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Components, RefOr};

/// Rewrites the members of all components.
pub fn rewrite(components: &mut Components) {
    components.schemas.values_mut().for_each(visit);
}

fn visit(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            for member in object.properties.values_mut() {
                if let RefOr::T(Schema::Object(value)) = member
                    && let Some(choice) = choice(value)
                {
                    *member = choice;
                }
                visit(member);
            }
        }
        RefOr::T(Schema::AllOf(whole)) => whole.items.iter_mut().for_each(visit),
        _ => {}
    }
}

/// `null`, or the value.
fn choice(value: &Object) -> Option<RefOr<Schema>> {
    let SchemaType::Array(types) = &value.schema_type else { return None };
    if value.format.is_none() || *types != [Type::String, Type::Null] {
        return None;
    }
    let mut text = value.clone();
    text.schema_type = SchemaType::Type(Type::String);
    let description = text.description.take();
    let null = ObjectBuilder::new().schema_type(Type::Null);
    Some(OneOfBuilder::new().description(description).item(null).item(text).into())
}
