// Answers calls of the judged function, which is stepcheckTarget.
//
// Standard input: a secret, the seconds for a call, then one line of JSON arguments per call.
// Standard output: "\n<secret> <number of the call> <JSON>\n" per call that came to an end.
package main

import (
	stepcheckBufio "bufio"
	stepcheckJson "encoding/json"
	stepcheckFmt "fmt"
	stepcheckMath "math"
	stepcheckOs "os"
	stepcheckReflect "reflect"
	stepcheckDebug "runtime/debug"
	stepcheckStrconv "strconv"
	stepcheckStrings "strings"
	stepcheckTime "time"
)

type stepcheckUnrepresentable struct{ reason string }

type stepcheckObject = map[string]interface{}

func stepcheckRequire(holds bool, reason string) {
	if !holds {
		panic(stepcheckUnrepresentable{reason})
	}
}

// stepcheckRead makes a value of the type from what JSON said.
func stepcheckRead(said interface{}, kind stepcheckReflect.Type) stepcheckReflect.Value {
	made := stepcheckReflect.New(kind).Elem()
	switch kind.Kind() {
	case stepcheckReflect.Interface:
		if said != nil {
			made.Set(stepcheckReflect.ValueOf(stepcheckGuess(said)))
		}
	case stepcheckReflect.Ptr:
		if said != nil {
			made.Set(stepcheckReflect.New(kind.Elem()))
			made.Elem().Set(stepcheckRead(said, kind.Elem()))
		}
	case stepcheckReflect.Bool:
		value, ok := said.(bool)
		stepcheckRequire(ok, "not a bool")
		made.SetBool(value)
	case stepcheckReflect.String:
		value, ok := said.(string)
		stepcheckRequire(ok, "not a string")
		made.SetString(value)
	case stepcheckReflect.Slice:
		items, ok := said.([]interface{})
		stepcheckRequire(ok, "not a sequence")
		made.Set(stepcheckReflect.MakeSlice(kind, len(items), len(items)))
		for i, item := range items {
			made.Index(i).Set(stepcheckRead(item, kind.Elem()))
		}
	case stepcheckReflect.Array:
		items, ok := said.([]interface{})
		stepcheckRequire(ok && len(items) == kind.Len(), "not an array of that length")
		for i, item := range items {
			made.Index(i).Set(stepcheckRead(item, kind.Elem()))
		}
	case stepcheckReflect.Map:
		object, ok := said.(stepcheckObject)
		stepcheckRequire(ok, "not a map")
		made.Set(stepcheckReflect.MakeMap(kind))
		for _, pair := range object["map"].([]interface{}) {
			both := pair.([]interface{})
			made.SetMapIndex(stepcheckRead(both[0], kind.Key()), stepcheckRead(both[1], kind.Elem()))
		}
	default:
		stepcheckReadNumber(said, made)
	}
	return made
}

func stepcheckReadNumber(said interface{}, made stepcheckReflect.Value) {
	// A rune or a byte may be given as a text of one character.
	if text, ok := said.(string); ok {
		letters := []rune(text)
		stepcheckRequire(len(letters) == 1, "not a number")
		said = stepcheckJson.Number(stepcheckStrconv.Itoa(int(letters[0])))
	}
	number, ok := said.(stepcheckJson.Number)
	stepcheckRequire(ok, "not a number")
	switch kind := made.Kind(); {
	case made.CanInt():
		value, err := stepcheckStrconv.ParseInt(number.String(), 10, 64)
		stepcheckRequire(err == nil && !made.OverflowInt(value), "not an integer of that size")
		made.SetInt(value)
	case made.CanUint():
		value, err := stepcheckStrconv.ParseUint(number.String(), 10, 64)
		stepcheckRequire(err == nil && !made.OverflowUint(value), "not an integer of that size")
		made.SetUint(value)
	case made.CanFloat():
		value, err := number.Float64()
		stepcheckRequire(err == nil, "not a number")
		made.SetFloat(value)
	default:
		panic(stepcheckUnrepresentable{"the harness cannot make a " + kind.String()})
	}
}

// stepcheckGuess makes the value that Go's own literal would make.
func stepcheckGuess(said interface{}) interface{} {
	switch value := said.(type) {
	case stepcheckJson.Number:
		if stepcheckStrings.ContainsAny(value.String(), ".eE") {
			number, _ := value.Float64()
			return number
		}
		number, err := stepcheckStrconv.Atoi(value.String())
		stepcheckRequire(err == nil, "too large an integer")
		return number
	case []interface{}:
		items := make([]interface{}, len(value))
		for i, item := range value {
			items[i] = stepcheckGuess(item)
		}
		return items
	case stepcheckObject:
		made := map[interface{}]interface{}{}
		for _, pair := range value["map"].([]interface{}) {
			both := pair.([]interface{})
			made[stepcheckGuess(both[0])] = stepcheckGuess(both[1])
		}
		return made
	}
	return said
}

// stepcheckDescribe returns what JSON can say of a value.
func stepcheckDescribe(value stepcheckReflect.Value, depth int) interface{} {
	stepcheckRequire(depth < 100, "nested too deeply")
	switch value.Kind() {
	case stepcheckReflect.Bool:
		return value.Bool()
	case stepcheckReflect.String:
		return value.String()
	case stepcheckReflect.Float32, stepcheckReflect.Float64:
		number := value.Float()
		switch {
		case stepcheckMath.IsNaN(number):
			return stepcheckObject{"float": "nan"}
		case stepcheckMath.IsInf(number, 1):
			return stepcheckObject{"float": "inf"}
		case stepcheckMath.IsInf(number, -1):
			return stepcheckObject{"float": "-inf"}
		case value.Kind() == stepcheckReflect.Float32:
			return stepcheckObject{"single": number}
		case number == stepcheckMath.Trunc(number) && stepcheckMath.Abs(number) < 1e15:
			return stepcheckJson.Number(stepcheckStrconv.FormatFloat(number, 'f', 1, 64))
		}
		return number
	case stepcheckReflect.Interface, stepcheckReflect.Ptr:
		if value.IsNil() {
			return nil
		}
		return stepcheckDescribe(value.Elem(), depth+1)
	case stepcheckReflect.Slice, stepcheckReflect.Array:
		items := make([]interface{}, value.Len())
		for i := range items {
			items[i] = stepcheckDescribe(value.Index(i), depth+1)
		}
		return items
	case stepcheckReflect.Map:
		pairs := [][]interface{}{}
		for _, key := range value.MapKeys() {
			item := stepcheckDescribe(value.MapIndex(key), depth+1)
			pairs = append(pairs, []interface{}{stepcheckDescribe(key, depth+1), item})
		}
		return stepcheckObject{"map": pairs}
	}
	if value.CanInt() {
		return value.Int()
	}
	if value.CanUint() {
		return value.Uint()
	}
	panic(stepcheckUnrepresentable{"the result holds a " + value.Kind().String()})
}

func stepcheckCall(line string) (said stepcheckObject) {
	defer func() {
		if cause := recover(); cause != nil {
			if unrepresentable, ok := cause.(stepcheckUnrepresentable); ok {
				said = stepcheckObject{"unrepresentable": unrepresentable.reason}
			} else {
				said = stepcheckObject{"raised": stepcheckFmt.Sprint("panic: ", cause), "line": stepcheckLine()}
			}
		}
	}()
	decoder := stepcheckJson.NewDecoder(stepcheckStrings.NewReader(line))
	decoder.UseNumber()
	var given []interface{}
	if err := decoder.Decode(&given); err != nil {
		panic(stepcheckUnrepresentable{err.Error()})
	}
	target := stepcheckReflect.ValueOf(stepcheckTarget)
	kind := target.Type()
	var arguments []stepcheckReflect.Value
	for i, item := range given {
		stepcheckRequire(i < kind.NumIn() || kind.IsVariadic(), "too many arguments")
		if kind.IsVariadic() && i >= kind.NumIn()-1 {
			arguments = append(arguments, stepcheckRead(item, kind.In(kind.NumIn()-1).Elem()))
		} else {
			arguments = append(arguments, stepcheckRead(item, kind.In(i)))
		}
	}
	stepcheckRequire(kind.IsVariadic() || len(given) == kind.NumIn(), "too few arguments")
	results := target.Call(arguments)
	switch len(results) {
	case 0:
		return stepcheckObject{"value": nil}
	case 1:
		return stepcheckObject{"value": stepcheckDescribe(results[0], 0)}
	}
	all := []interface{}{}
	for _, result := range results {
		all = append(all, stepcheckDescribe(result, 0))
	}
	return stepcheckObject{"value": all}
}

// stepcheckLine returns the line of the candidate that panicked, or nil.
func stepcheckLine() interface{} {
	for _, line := range stepcheckStrings.Split(string(stepcheckDebug.Stack()), "\n") {
		if _, after, found := stepcheckStrings.Cut(line, "candidate.go:"); found {
			number, err := stepcheckStrconv.Atoi(stepcheckStrings.Fields(after)[0])
			if err == nil {
				return number
			}
		}
	}
	return nil
}

func main() {
	output := stepcheckOs.Stdout
	stepcheckDebug.SetMaxStack(256 << 20)
	input := stepcheckBufio.NewReader(stepcheckOs.Stdin)
	read := func() (string, bool) {
		line, err := input.ReadString('\n')
		return stepcheckStrings.TrimSuffix(line, "\n"), err == nil || line != ""
	}
	secret, _ := read()
	shown, _ := read()
	seconds, _ := stepcheckStrconv.ParseFloat(shown, 64)
	for number := 0; ; number++ {
		line, more := read()
		if !more {
			stepcheckOs.Exit(0)
		}
		answered := make(chan stepcheckObject, 1)
		go func() { answered <- stepcheckCall(line) }()
		var said stepcheckObject
		select {
		case said = <-answered:
		case <-stepcheckTime.After(stepcheckTime.Duration(seconds * float64(stepcheckTime.Second))):
			said = stepcheckObject{"timeout": true}
		}
		text, err := stepcheckJson.Marshal(said)
		if err != nil {
			text = []byte(`{"unrepresentable":"the result is no JSON"}`)
		}
		stepcheckFmt.Fprintf(output, "\n%s %d %s\n", secret, number, text)
		if said["timeout"] != nil {
			// The call goes on, and would take the others' time.
			stepcheckOs.Exit(0)
		}
	}
}
