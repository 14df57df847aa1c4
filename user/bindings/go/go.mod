// SPDX-License-Identifier: GPL-2.0 OR MIT
module zcopy.example/zcopy

go 1.19
