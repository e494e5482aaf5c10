package config

import (
	"encoding/json"
	"maps"
	"strings"
)

// object is one of JSON.
type object = map[string]any

// Schema is the JSON Schema of files with these keys.
func Schema(title string, keys []Key) ([]byte, error) {
	schema := mapping(keys)
	schema["$schema"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", title
	schema["type"] = []string{"object", "null"}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

// mapping is the schema of keys with their values.
func mapping(keys []Key) object {
	properties := object{}
	for _, k := range keys {
		p := k.schema()
		p["description"] = strings.ReplaceAll(k.Usage, "`", "")
		properties[k.Name] = p
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}

// schema is that of the key's value.
func (k Key) schema() object {
	scalar := object{"type": []string{"string", "number"}}
	item := scalar
	if len(k.OneOf) > 0 {
		item = object{"enum": k.OneOf}
	}
	list := object{"type": "array", "items": item}
	switch k.Kind {
	case Switch:
		return object{"type": "boolean"}
	case List:
		return object{"oneOf": []any{item, list}}
	case Pairs:
		return object{"oneOf": []any{item, list, object{"type": "object", "additionalProperties": scalar}}}
	case Entries:
		return object{"type": "array", "items": mapping(k.Keys)}
	}
	return maps.Clone(item)
}
