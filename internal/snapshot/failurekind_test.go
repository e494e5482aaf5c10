package snapshot

import "testing"

// TestFailureKindsAreBounded adds more kinds than there is room for: the first keep counting.
func TestFailureKindsAreBounded(t *testing.T) {
	var list []FailureKind
	for range 3 {
		for _, class := range []string{"refused", "deadline", "closed"} {
			list = AddFailureKind(list, FailureKind{Class: class, Code: "Unavailable", Records: 2})
		}
	}
	if len(list) != MaxFailureKinds || list[0].Class != "refused" || list[0].Records != 6 || list[1].Records != 6 {
		t.Errorf("got %+v", list)
	}
}
