module github.com/otwatch/otwatch/test/field/programs/load

go 1.26.0
