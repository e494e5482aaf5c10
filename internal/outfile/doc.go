// Package outfile opens the files that a user asks otwatch to write.
//
// Root writes them, often in directories that other users can write to. So it follows no
// symbolic link that another user could have made, opens nothing that could block, never
// replaces a device but writes to it, and replaces a file that is not empty only if the
// user insists. A new file gets its name when Place is called; Close removes it
// otherwise. Close every File.
package outfile
