package ga4

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// runReport is the body of an answer of runReport. Source: Google Analytics Data
// API v1beta, RunReportResponse and ResponseMetaData.
type runReport struct {
	DimensionHeaders []header `json:"dimensionHeaders"`
	MetricHeaders    []header `json:"metricHeaders"`
	Rows             []cells  `json:"rows"`
	Totals           []cells  `json:"totals"`
	RowCount         int64    `json:"rowCount"`
	Metadata         metadata `json:"metadata"`
	Kind             string   `json:"kind"`
	Error            *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Status  string `json:"status"`
	} `json:"error"`
}

type header struct {
	Name string `json:"name"`
}

type cells struct {
	DimensionValues []cell `json:"dimensionValues"`
	MetricValues    []cell `json:"metricValues"`
}

type cell struct {
	Value string `json:"value"`
}

type metadata struct {
	DataLossFromOtherRow bool `json:"dataLossFromOtherRow"`
	SamplingMetadatas    []struct {
		SamplesReadCount  json.Number `json:"samplesReadCount"`
		SamplingSpaceSize json.Number `json:"samplingSpaceSize"`
	} `json:"samplingMetadatas"`
	SchemaRestrictionResponse struct {
		ActiveMetricRestrictions []struct {
			MetricName string `json:"metricName"`
		} `json:"activeMetricRestrictions"`
	} `json:"schemaRestrictionResponse"`
	CurrencyCode          string `json:"currencyCode"`
	TimeZone              string `json:"timeZone"`
	EmptyReason           string `json:"emptyReason"`
	SubjectToThresholding bool   `json:"subjectToThresholding"`
}

// ReadRunReport reads an answer of the Data API's runReport, as JSON. Numbers of
// a sampled report are estimates; metrics that the reader may not see are not
// reported. The currency is that of the answer; Options.Currency serves answers
// without one. Errors match smm.ErrInvalid and name the row and the column.
func ReadRunReport(r io.Reader, o Options) (*Report, error) {
	raw, err := readAll(r, o.maxBytes())
	if err != nil {
		return nil, err
	}
	var body runReport
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fmt.Errorf("%w: not an answer of runReport: %w", smm.ErrInvalid, err)
	}
	if body.Error != nil {
		return nil, fmt.Errorf("%w: the answer is an error of Google's: %d %s", smm.ErrInvalid, body.Error.Code, clip(body.Error.Message))
	}
	names := make([]string, 0, len(body.DimensionHeaders)+len(body.MetricHeaders))
	for _, h := range slices.Concat(body.DimensionHeaders, body.MetricHeaders) {
		names = append(names, h.Name)
	}
	out := body.Metadata.report()
	currency := body.Metadata.CurrencyCode
	if currency == "" {
		currency = o.Currency
	}
	out.Currency = currency
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: the answer has no dimensionHeaders and no metricHeaders", smm.ErrInvalid)
	}
	t, err := newTable(out, names, currency)
	if err != nil {
		return nil, err
	}
	for _, m := range body.Metadata.SchemaRestrictionResponse.ActiveMetricRestrictions {
		t.restrict(m.MetricName)
	}
	if out.Rows, err = t.rows(body.Rows); err != nil {
		return nil, err
	}
	if out.Totals, err = t.rows(body.Totals); err != nil {
		return nil, fmt.Errorf("totals: %w", err)
	}
	out.MoreRows = max(0, body.RowCount-int64(len(out.Rows)))
	return out, t.finish()
}

func (m *metadata) report() *Report {
	out := &Report{
		TimeZone: m.TimeZone, EmptyReason: m.EmptyReason, Thresholded: m.SubjectToThresholding, OtherRow: m.DataLossFromOtherRow,
	}
	for _, s := range m.SamplingMetadatas {
		out.Sampled = true
		// A number that cannot be read leaves the state, which is what matters.
		read, _ := s.SamplesReadCount.Int64()
		space, _ := s.SamplingSpaceSize.Int64()
		out.SampleRead += read
		out.SampleSpace += space
	}
	return out
}

func (t *table) restrict(metric string) {
	for i := range t.columns {
		if t.columns[i].name == metric {
			t.columns[i].restricted = true
			t.report.note(NoteRestricted, 0, metric, "%s may not be seen with the rights that were used", clip(metric))
		}
	}
}

func (t *table) rows(in []cells) ([]Row, error) {
	out := make([]Row, 0, len(in))
	for i, c := range in {
		texts := make([]string, 0, len(t.columns))
		for _, v := range slices.Concat(c.DimensionValues, c.MetricValues) {
			texts = append(texts, v.Value)
		}
		row, err := t.row(i+1, texts)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// readAll reads up to limit bytes, and drops a byte-order mark.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(raw)) > limit:
		return nil, fmt.Errorf("%w: more than %d bytes: export less at once, or raise Options.MaxBytes", smm.ErrInvalid, limit)
	case len(raw) >= 2 && (raw[0] == 0xFF && raw[1] == 0xFE || raw[0] == 0xFE && raw[1] == 0xFF):
		return nil, fmt.Errorf("%w: the file is UTF-16: save it as UTF-8", smm.ErrInvalid)
	case len(raw) >= 3 && string(raw[:3]) == "\uFEFF":
		raw = raw[3:]
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: the file is empty", smm.ErrInvalid)
	}
	return raw, nil
}
