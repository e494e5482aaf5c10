package config

import (
	"encoding/json"
	"maps"
	"strings"
)

// Schema is the JSON Schema of files with these keys.
func Schema(title string, keys []Key) ([]byte, error) {
	type object = map[string]any
	scalar := object{"type": []string{"string", "number"}}
	properties := object{}
	for _, k := range keys {
		item := scalar
		if len(k.OneOf) > 0 {
			item = object{"enum": k.OneOf}
		}
		var p object
		switch k.Kind {
		case Text:
			p = maps.Clone(item)
		case Switch:
			p = object{"type": "boolean"}
		case List:
			p = object{"oneOf": []any{item, object{"type": "array", "items": item}}}
		case Pairs:
			p = object{"oneOf": []any{item, object{"type": "array", "items": item}, object{"type": "object", "additionalProperties": scalar}}}
		}
		p["description"] = strings.ReplaceAll(k.Usage, "`", "")
		properties[k.Name] = p
	}
	schema := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title,
		"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false,
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}
