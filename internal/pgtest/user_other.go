//go:build !unix

package pgtest

import "syscall"

func runAs() (*syscall.SysProcAttr, error) { return &syscall.SysProcAttr{}, nil }

func own(string, *syscall.SysProcAttr) error { return nil }
