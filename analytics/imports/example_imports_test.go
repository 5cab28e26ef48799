package imports_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/imports"
	"github.com/smmkit/smmkit/smm"
)

const overview = "\"Date\",\"Video Views\",\"Profile Views\",\"Likes\",\"Comments\",\"Shares\",\"Mood\"\n" +
	"\"30 September\",\"1,118\",\"12\",\"95\",\"--\",\"4\",\"good\"\n" +
	"\"1 October\",\"1.2K\",\"9\",\"80\",\"6\",\"3\",\"fair\"\n"

// A file of TikTok Studio, whose days have no year.
func ExampleRead() {
	res, err := imports.Read(strings.NewReader(overview), imports.Options{
		Channel: smm.Ref{Platform: "tiktok", Kind: smm.KindChannel, ID: "bakery"},
		AsOf:    time.Date(2026, 10, 2, 9, 0, 0, 0, time.UTC), Zone: time.UTC,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	subjects, err := analytics.Collect(res.Metrics)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []smm.MetricName{smm.MetricViews, smm.MetricComments} {
		v := subjects[0].Counts.Get(name)
		fmt.Println(name, v.Total, v.State(), v.Reason())
	}
	fmt.Println(res.Summary.Export, "does not know", res.Summary.Unmapped())
	// Output:
	// views 2318 estimated estimated by the platform
	// comments 6 incomplete 1 of 2 parts missing: 1 not reported
	// tiktok-overview does not know [Mood]
}

func ExampleDetect() {
	found, err := imports.Detect(strings.NewReader(overview), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.2f: %s\n", found[0].Export, found[0].Score, found[0].Reason)
	// Output: tiktok-overview 0.86: 6 of 7 headers in line 1 are known; not known: Mood
}

// Every cell that cannot be read is named, all at once.
func ExampleProblemsError() {
	broken := strings.NewReplacer("95", "=9+5", "30 September", "31 September").Replace(overview)
	broken = strings.Replace(broken, "\"80\"", "\"-80\"", 1)
	_, err := imports.Read(strings.NewReader(broken), imports.Options{
		Channel: smm.Ref{Platform: "tiktok", Kind: smm.KindChannel, ID: "bakery"},
		AsOf:    time.Date(2026, 10, 2, 9, 0, 0, 0, time.UTC),
	})
	fmt.Println(err)
	// Output:
	// 2 cells or rows could not be read:
	// 	line 2, column 1 ("Date"): "31 September": there is no such day
	// 	line 3, column 4 ("Likes"): "-80": a metric is not negative
}
