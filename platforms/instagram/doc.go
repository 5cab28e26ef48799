// Package instagram drives professional accounts of Instagram, Business and
// Creator, through both of the vendor's logins.
package instagram
