// Nothing: with it the headers that nearly all tests include are compiled, once (see CMakeLists.txt).
