// SPDX-License-Identifier: GPL-2.0 OR MIT

//go:build linux && (amd64 || arm64 || riscv64)

package zcopy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const uapi = "../../../kmod/uapi"

var structs = map[string]reflect.Type{
	"elem":   reflect.TypeOf(elem{}),
	"sink":   reflect.TypeOf(sink{}),
	"send":   reflect.TypeOf(send{}),
	"result": reflect.TypeOf(Result{}),
	"cancel": reflect.TypeOf(cancel{}),
}

var upper = regexp.MustCompile("[A-Z]+")

// inC is the name of a field in C: ReadAhead is read_ahead, and ID is id.
func inC(name string) string {
	name = upper.ReplaceAllStringFunc(name, func(s string) string { return "_" + strings.ToLower(s) })
	return strings.TrimPrefix(name, "_")
}

// numbers are expressions in C and what they are in Go.
func numbers() map[string]int {
	want := map[string]int{
		"ZCOPY_IOC_SUBMIT": iocSubmit, "ZCOPY_IOC_CANCEL": iocCancel,
		"ZCOPY_ELEM_FILE": elemFile, "ZCOPY_ELEM_MEMORY": elemMemory,
		"ZCOPY_LEN_EOF": ToEnd, "ZCOPY_RESULT_SIZE_VER0": resultSize,
		"ZCOPY_UNTIL_QUEUED": int(UntilQueued), "ZCOPY_UNTIL_ACKED": int(UntilAcked),
		"ZCOPY_UNTIL_RELEASED": int(UntilReleased), "ZCOPY_END_KEEP": int(EndKeep),
		"ZCOPY_END_CORK": int(EndCork), "ZCOPY_END_SHUTDOWN": int(EndShutdown),
		"ZCOPY_F_STABLE": int(Stable), "ZCOPY_F_DROP_BEHIND": int(DropBehind),
		"ZCOPY_F_NOWAIT": int(NoWait), "ZCOPY_F_MORE": int(More), "ZCOPY_F_AS_READ": int(AsRead),
		"ZCOPY_F_ANY_PID": int(AnyPID),
	}
	for s, name := range statusNames {
		want["ZCOPY_STATUS_"+strings.ToUpper(name)] = s
	}
	for name, t := range structs {
		want[fmt.Sprintf("sizeof(struct zcopy_%s)", name)] = int(t.Size())
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			want[fmt.Sprintf("offsetof(struct zcopy_%s, %s)", name, inC(f.Name))] = int(f.Offset)
			want[fmt.Sprintf("sizeof(((struct zcopy_%s *)0)->%s)", name, inC(f.Name))] =
				int(f.Type.Size())
		}
	}
	return want
}

func TestStructsAndNumbersAreThoseOfC(t *testing.T) {
	if _, err := os.Stat(filepath.Join(uapi, "linux/zcopy.h")); err != nil {
		t.Skip("the header of the module is not beside this package")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no gcc")
	}
	src := "#include <linux/zcopy.h>\n#include <stddef.h>\n"
	for c, n := range numbers() {
		src += fmt.Sprintf("_Static_assert((long long)(%s) == %d, \"%s\");\n", c, n, c)
	}
	if strings.Count(src, "\n") < 100 {
		t.Fatal("few numbers are checked")
	}
	cmd := exec.Command("gcc", "-I", uapi, "-fsyntax-only", "-x", "c", "-")
	cmd.Stdin = strings.NewReader(src)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNoStatusAndNoFieldIsMissing(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(uapi, "linux/zcopy.h"))
	if err != nil {
		t.Skip("the header of the module is not beside this package")
	}
	all := regexp.MustCompile(`(?m)^\tZCOPY_STATUS_\w+`).FindAll(text, -1)
	// RUNNING is for listings.
	if len(all) != len(statusNames)+1 {
		t.Errorf("the header has %q", all)
	}
	bare := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAll(text, nil)
	for name, in := range structs {
		body := regexp.MustCompile(`(?s)struct zcopy_` + name + ` \{(.*?)\};`).FindSubmatch(bare)[1]
		fields := regexp.MustCompile(`(\w+)(?:\[\w+\])?;`).FindAllSubmatch(body, -1)
		if len(fields) != in.NumField() {
			t.Errorf("%s has %d fields in C and %d in Go", name, len(fields), in.NumField())
		}
	}
}
