package blueskytest

import "strings"

type writeOp struct {
	Type       string `json:"$type"`
	Collection string
	Rkey       string
	Value      object
}

// applyWrites takes all writes or none.
func (c *call) applyWrites() (any, error) {
	var in struct {
		Repo       string
		Validate   *bool
		Writes     []writeOp
		SwapCommit string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.own(in.Repo); err != nil {
		return nil, err
	}
	if len(in.Writes) > 200 {
		return nil, invalid("Too many writes. Max: 200")
	}
	points := map[string]int64{"create": 3, "update": 2, "delete": 1}
	var cost int64
	for _, w := range in.Writes {
		cost += points[w.action()]
	}
	if err := c.s.spendWrites(c, cost); err != nil {
		return nil, err
	}
	if in.SwapCommit != "" && in.SwapCommit != c.me.commit().CID {
		return nil, fail(400, "InvalidSwap", "Commit was at %s", c.me.commit().CID)
	}
	for i := range in.Writes {
		if err := c.checkOp(&in.Writes[i], in.Validate); err != nil {
			return nil, err
		}
	}
	results := make([]object, 0, len(in.Writes))
	for _, w := range in.Writes {
		if w.action() == "delete" {
			c.s.remove(c.me, w.Collection, w.Rkey)
			results = append(results, object{"$type": "com.atproto.repo.applyWrites#deleteResult"})
			continue
		}
		r := c.s.put(c.me, w.Collection, w.Rkey, w.Value)
		results = append(results, object{
			"$type": "com.atproto.repo.applyWrites#" + w.action() + "Result",
			"uri":   r.uri, "cid": r.cid, "validationStatus": "valid",
		})
	}
	return object{"commit": c.me.commit(), "results": results}, nil
}

func (w *writeOp) action() string {
	_, a, _ := strings.Cut(w.Type, "#")
	return a
}

func (c *call) checkOp(w *writeOp, validate *bool) error {
	old := c.me.find(w.Collection, w.Rkey)
	switch w.action() {
	case "create":
		if w.Rkey == "" {
			w.Rkey = c.s.tid()
		}
		if old != nil {
			return errTaken
		}
	case "update":
		if old == nil {
			return errTaken
		}
	case "delete":
		if old == nil {
			return errTaken
		}
		return nil
	default:
		return invalid("Action not supported: %s", w.Type)
	}
	if !validNSID(w.Collection) || w.Value == nil {
		return invalid("Error: writes must have a collection and a value")
	}
	_, err := c.s.checkRecord(c.me, w.Collection, w.Rkey, w.Value, validate)
	return err
}
