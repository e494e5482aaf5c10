package findings

import (
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// siteKey tells the sites of a Following apart.
type siteKey struct {
	site, caller, own snapshot.Frame
	name              string
	others            bool
}

func keyOf(s snapshot.FollowedSite) siteKey {
	return siteKey{site: s.Site, caller: s.Caller, own: s.Own, name: s.SpanName, others: s.OtherNames}
}

// place is the key without the name.
func (k siteKey) place() siteKey { return siteKey{site: k.site, caller: k.caller, own: k.own} }

// places are the sites with followed spans, those of one line together, in order.
func places(sites []snapshot.FollowedSite) [][]snapshot.FollowedSite {
	var found [][]snapshot.FollowedSite
	at := map[siteKey]int{}
	for _, s := range sites {
		if s.Followed == 0 && s.Older == 0 {
			continue
		}
		place := keyOf(s).place()
		i, known := at[place]
		if !known {
			i, found = len(found), append(found, nil)
			at[place] = i
		}
		found[i] = append(found[i], s)
	}
	return found
}

// sumOf adds up sites of one place. Without any it is the zero value. Several have no name in
// common.
func sumOf(sites []snapshot.FollowedSite) snapshot.FollowedSite {
	if len(sites) == 0 {
		return snapshot.FollowedSite{}
	}
	sum := sites[0]
	for _, s := range sites[1:] {
		sum = snapshot.FollowedSite{
			Site: sum.Site, Caller: sum.Caller, Own: sum.Own, OtherNames: true, OpenNames: slices.Concat(sum.OpenNames, s.OpenNames),
			Followed: sum.Followed + s.Followed, Weight: sum.Weight + s.Weight, Read: sum.Read + s.Read,
			Ended: sum.Ended.Plus(s.Ended), Reused: sum.Reused.Plus(s.Reused), Lost: sum.Lost.Plus(s.Lost),
			Open: sum.Open.Plus(s.Open), Held: sum.Held.Plus(s.Held), Running: sum.Running.Plus(s.Running), Older: sum.Older + s.Older,
			Oldest: max(sum.Oldest, s.Oldest), LongestEnd: max(sum.LongestEnd, s.LongestEnd), Latest: min(sum.Latest, s.Latest),
			HeldBytes: sum.HeldBytes + s.HeldBytes,
		}
	}
	return sum
}
