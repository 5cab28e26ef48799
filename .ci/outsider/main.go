package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	folder, err := os.MkdirTemp("", "outsider")
	if err == nil {
		defer os.RemoveAll(folder)
		err = story(context.Background(), folder, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "outsider:", err)
		os.Exit(1)
	}
}
