"""Tests of single modules, without processes or sockets."""
