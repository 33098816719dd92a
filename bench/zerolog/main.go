// Appends records with zerolog and lumberjack (10 MB, gzip) and prints, as JSON, how long it took: the Go side of
// programs/append.ts, with the same arguments but the subject's name, the same records and the same answer.
//
// Build: GO111MODULE=off GOPATH=/usr/share/gocode go build -o zerolog main.go, with the Debian packages golang-go,
// golang-github-rs-zerolog-dev and golang-gopkg-natefinch-lumberjack.v2-dev.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"gopkg.in/natefinch/lumberjack.v2"
)

const (
	seed          = 0x2545f491
	idCount       = 16384
	warmUpRecords = 20000
	pollInterval  = 2 * time.Millisecond
)

var messages = []string{
	"tool call finished",
	"tool call started",
	"request forwarded",
	"session resumed",
	"cache refreshed",
	"response streamed",
	"token refreshed",
	"upstream answered",
}

// recordSource draws the values of one record after another, as RecordSource of records.ts does.
type recordSource struct {
	state    uint32
	traceIDs []string
	shortIDs []string
}

func newRecordSource() *recordSource {
	source := &recordSource{state: seed}
	source.traceIDs = source.ids(4)
	source.shortIDs = source.ids(2)
	return source
}

// next is Marsaglia's xorshift with 32 bits of state.
func (source *recordSource) next() uint32 {
	source.state ^= source.state << 13
	source.state ^= source.state >> 17
	source.state ^= source.state << 5
	return source.state
}

func (source *recordSource) ids(words int) []string {
	ids := make([]string, idCount)
	for i := range ids {
		var id strings.Builder
		for word := 0; word < words; word++ {
			fmt.Fprintf(&id, "%08x", source.next())
		}
		ids[i] = id.String()
	}
	return ids
}

type times struct {
	FlushedMs float64 `json:"flushedMs"`
	SettledMs float64 `json:"settledMs"`
}

func main() {
	directory := os.Args[1]
	records, err := strconv.Atoi(os.Args[2])
	check(err)
	zerolog.TimestampFieldName = "ts"
	zerolog.MessageFieldName = "msg"
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
	zerolog.LevelFieldMarshalFunc = func(level zerolog.Level) string { return strings.ToUpper(level.String()) }
	source := newRecordSource()
	warmUp := warmUpRecords
	if records < warmUp {
		warmUp = records
	}
	measure(filepath.Join(directory, "warm_up"), source, warmUp)
	answer, err := json.Marshal(measure(filepath.Join(directory, "measured"), source, records))
	check(err)
	fmt.Println(string(answer))
}

func measure(directory string, source *recordSource, records int) times {
	check(os.MkdirAll(directory, 0o700))
	output := &lumberjack.Logger{Filename: filepath.Join(directory, "zerolog.jsonl"), MaxSize: 10, Compress: true}
	logger := zerolog.New(output)
	start := time.Now()
	for count := 0; count < records; count++ {
		bits := source.next()
		more := source.next()
		logger.Info().
			Timestamp().
			Str("trace_id", source.traceIDs[bits>>3&(idCount-1)]).
			Str("span_id", source.shortIDs[bits>>17&(idCount-1)]).
			Str("session", source.shortIDs[more&(idCount-1)]).
			Int("duration_ms", int(more>>14&1023)).
			Int("bytes", int(more>>16)).
			Msg(messages[bits&7])
	}
	// Every line was written as it came: there is nothing to flush.
	flushed := time.Since(start)
	settle(directory)
	settled := time.Since(start)
	check(output.Close())
	return times{flushed.Seconds() * 1000, settled.Seconds() * 1000}
}

// settle waits until lumberjack has compressed every sealed file: it removes the raw one last.
func settle(directory string) {
	for {
		raw, err := filepath.Glob(filepath.Join(directory, "zerolog-*.jsonl"))
		check(err)
		if len(raw) == 0 {
			return
		}
		time.Sleep(pollInterval)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
