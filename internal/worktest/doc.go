// Package worktest has what the tests of stores and engines share that start
// processes of their own and kill them: a platform apart from the workers
// ([Public]), the driver to it ([Remote]), and the processes ([Process]).
package worktest
