package schedulertest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// fullRecord returns a record in which every field that a delivery has, at any
// depth, differs from zero. It is made by reflection, so that a field that is
// added to the model later is tested without a change here.
func fullRecord(id string) *scheduler.Record {
	f := &filler{}
	r := &scheduler.Record{}
	f.fill(reflect.ValueOf(&r.Delivery).Elem(), 0)
	d := &r.Delivery
	d.Schema, d.ID, d.Tenant, d.Entry = smm.DeliverySchema, id, "tenant", "entry"
	d.Request.ID, d.Request.Tenant = id, d.Tenant
	d.Phase = smm.PhaseSettling
	r.NotBefore = t0()
	r.Token, r.PayloadHash = "token", []byte{0, 1, 2, 255}
	r.Lane, r.Slot, r.Draft = "fake/channel/x%2Fy", "queue'\"\\ 07:00", "draft/\u00e4%_"
	r.Fingerprint, r.Apart = []byte{0, 255, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0}, 24*time.Hour
	r.Zone, r.Held = "America/Argentina/Ushuaia", "frozen: \u201ccrisis\u201d"
	return r
}

// filler sets values to something that is not zero, and different each time.
type filler struct{ n int }

const fillDepth = 7

func (f *filler) fill(v reflect.Value, depth int) {
	f.n++
	if f.special(v) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d: äß \u4e16\u754c \U0001F468\u200D\U0001F469 <&>\u2028'\"\\", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(f.n) + 0.1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i), depth+1)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 1)) // not nil, which a pointer to it would lose in JSON
		if depth < fillDepth {                   // posts hold posts
			v.Set(v.Slice(0, 1))
			f.fill(v.Index(0), depth+1)
		}
	case reflect.Map:
		if depth < fillDepth {
			key, val := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, depth+1)
			f.fill(val, depth+1)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(key, val)
		}
	default:
		panic("schedulertest: cannot fill a " + v.Type().String())
	}
}

// special fills the types whose JSON form is their own.
func (f *filler) special(v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case *time.Time:
		v.Set(reflect.ValueOf(t0().Add(time.Duration(f.n) * 1001 * time.Nanosecond)))
	case *smm.Ref:
		v.Set(reflect.ValueOf(smm.Ref{Platform: "fake", Space: "a/b%é", Kind: smm.KindPost, ID: fmt.Sprintf("at://%d?x=/%%", f.n)}))
	case *json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"n":%d,"big":9007199254740993,"s":"\u00e4"}`, f.n))))
	default:
		return false
	}
	return true
}
