package whatif

import "testing"

func TestCompress(t *testing.T) {
	on := Compress(Payload{Bytes: 1000, Sent: 200, Compressed: true})
	if on.Ratio.Value != 5 || on.SavedBytes.Value != 800 || !on.SavedBytes.Exact {
		t.Errorf("on: got %+v of %+v", *on.SavedBytes, *on.Ratio)
	}
	off := Compress(Payload{Sent: 1000})
	if *off.Ratio != GzipRatio || !near(off.SavedBytes.Value, 1000*(1-1/GzipRatio.Value)) ||
		off.SavedBytes.Low >= off.SavedBytes.Value || off.SavedBytes.High <= off.SavedBytes.Value || off.SavedBytes.Exact {
		t.Errorf("off: got %+v of %+v", *off.SavedBytes, *off.Ratio)
	}
	if unknown := Compress(Payload{Sent: 200, Compressed: true}); unknown.Ratio != nil || unknown.SavedBytes != nil {
		t.Errorf("on, with the encoded size unknown: got %+v", unknown)
	}
}
