// Package workflowtest checks stores of drafts.
//
// RunRows takes a store through the contract of workflow.Rows: compare and swap,
// also from many goroutines at once, tenants, the order and paging of lists,
// sizes, contexts, and what is there after the process died. An implementation
// that passes can serve workflow.New.
//
// # Design notes
//
// The suite asks for what is documented and no more: it uses no times finer than
// a microsecond and no IDs with a zero byte, since databases differ there.
package workflowtest
