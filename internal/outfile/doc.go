// Package outfile opens the files that a user names for otwatch to write.
//
// Root writes them, often in directories that other users can write to. So no
// symbolic link is followed that another user could have put there, nothing is
// opened that could make the opening wait, a device is written to and never
// replaced, and a file that holds something is replaced only where the user insists.
// A new file gets its name when Place is called, and is removed by Close if that
// never happened. Close every File.
package outfile
