package subject

import (
	"fmt"
	"regexp"
)

// Matching returns the subjects whose names match the regular expression.
func Matching(subjects []Subject, expression string) (matching []Subject, err error) {
	match, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("-row: %w", err)
	}
	for _, s := range subjects {
		if match.MatchString(s.Name) {
			matching = append(matching, s)
		}
	}
	return matching, nil
}
