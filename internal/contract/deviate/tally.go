package deviate

import "fmt"

// Tally counts what a judge said of the mistakes of one side of the wire. P is
// what the judge calls a problem.
type Tally[P any] struct {
	Side          string
	Made, Caught  int
	Legal, Passed int // deviations that are allowed, such as leaving an option out
	Missed        []string
}

// Must counts a mistake that has to be found.
func (c *Tally[P]) Must(m string, found []P) {
	c.Made++
	if len(found) > 0 {
		c.Caught++
		return
	}
	c.Missed = append(c.Missed, m)
}

// May counts a deviation that has to pass.
func (c *Tally[P]) May(m string, found []P) {
	c.Legal++
	if len(found) == 0 {
		c.Passed++
		return
	}
	c.Missed = append(c.Missed, fmt.Sprintf("%s is legal, and was refused: %v", m, found))
}

// String says how it went.
func (c *Tally[P]) String() string {
	return fmt.Sprintf("%s: %d mistakes made, %d caught; %d deviations that are allowed, %d passed", c.Side, c.Made, c.Caught, c.Legal, c.Passed)
}
