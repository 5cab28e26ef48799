// Package workflow takes content from idea to approval.
package workflow
