// Package planner says before anything is sent what a calendar costs, what of it
// fits the platforms' quotas, and when the rest may go at the earliest.
//
//	plan, err := planner.Make(items, planner.Rules{Tariffs: tariffs, Budgets: budgets}, now)
//
// A [Tariff] says what publishing an item takes out of which budgets, and its
// price. A [Budget] is a quota with its shape, and what of it is spent already. The
// planner goes through the items in the order of their planned times and gives each
// the earliest legal time that is not before the planned one.
//
// # Design notes
//
// Legal means: with everything that was placed before, no budget is exceeded at any
// instant, also not by items that are planned for later than the one that moves. The
// order of planned times is the order of precedence, so that an item never moves
// for the sake of one that is planned behind it.
//
// Moving items to earlier times was rejected: nobody wants a post before its time.
//
// The best order for the sum of all delays was rejected as well. It would hold up
// what is planned for now in favour of what is planned for later.
//
// What the platforms' answers say of their budgets at the moment of sending stands
// above every plan; packages quota and scheduler see to that.
package planner
