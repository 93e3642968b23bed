#include <varve/backend/mariadb.hpp>
#include <varve/varve.hpp>

int main() {}
